import Glibc
import ObjectStore
import Platform
import Synchronization

extension BucketTree {
    /// What the store says of a name or a node.
    enum Answer: Sendable {
        case file(ObjectInfo, ObjectDetails?)
        /// With the object that stands for it, if there is one.
        case folder(ObjectInfo?, ObjectDetails?)
        case absent

        var kind: NodeKind? {
            switch self {
            case .file(let object, let details): ObjectDetails.kind(object, details)
            case .folder: .folder
            case .absent: nil
            }
        }

        func facts(asked: Int) -> NodeFacts? {
            switch self {
            case .file(let object, let details): NodeFacts(object, asked: asked, details: details)
            case .folder(let marker, let details): NodeFacts(folder: marker, asked: asked, details: details)
            case .absent: nil
            }
        }
    }

    /// An answer that comes from a page which was asked for before counts from then on.
    struct DatedAnswer: Sendable {
        var answer: Answer
        var asked: Int?

        init(_ answer: Answer, asked: Int? = nil) {
            self.answer = answer
            self.asked = asked
        }
    }

    /// Asks unless somebody has asked already; the waiter is called with the answer.
    func ask(_ question: Question, _ state: inout State, _ waiter: @escaping Waiter) -> Bool {
        if state.questions[question] != nil {
            state.questions[question]!.append(waiter)
            return false
        }
        state.questions[question] = [waiter]
        return true
    }

    /// Puts a question to the store, and has its answer given to all who wait for it.
    func put(
        _ question: Question, _ body: @escaping @Sendable () async -> Result<DatedAnswer, StoreError>,
        learn: @escaping @Sendable (Answer, Int, inout State) -> Void
    ) {
        let now = settings.now()
        calls.begin { [self] in
            let result = await body()
            if case .failure(let error) = result { calls.report(error) }
            let asked = (try? result.get())?.asked ?? now
            let told = result.map(\.answer).mapError(SystemError.init)
            let waiters = state.withLock { state in
                if case .success(let answer) = told { learn(answer, asked, &state) }
                return state.questions.removeValue(forKey: question) ?? []
            }
            for waiter in waiters { waiter(told, asked) }
        }
    }

    // MARK: Questions

    /// What a name is: the object of that very key and anything below it are asked for at the same time.
    func find(_ key: ObjectKey, in prefix: ObjectKey, listing: Bool) async -> Result<DatedAnswer, StoreError> {
        async let object = stat(key)
        let page = listing ? await page(of: prefix, around: key) : nil
        let below = await folder(key, page, in: prefix)
        let asked = page?.asked
        switch (await object, below) {
        case (.failure(let error), .failure), (.success(nil), .failure(let error)): return .failure(error)
        // A folder may hide the file: it is not shown because nobody could say so just now.
        case (.success, .failure(let error)) where error.isRetryable: return .failure(error)
        case (_, .success(.some(let folder))): return .success(DatedAnswer(folder, asked: asked))
        case (.success(let object?), _):
            // Who may not list sees files all the same.
            return .success(DatedAnswer(.file(object, ObjectDetails(object)), asked: asked))
        case (.success(nil), .success(nil)): return .success(DatedAnswer(.absent, asked: asked))
        case (.failure(let error), .success(nil)):
            guard error.code == .denied else { return .failure(error) }
            return await listed(key).map { DatedAnswer($0) }
        }
    }

    /// The object of that very key.
    func stat(_ key: ObjectKey) async -> Result<ObjectInfo?, StoreError> {
        switch await calls.call(key, { [store] () async throws(StoreError) in try await store.stat(key) }) {
        case .success(let object):
            if !key.endsInSlash { habit.note(ObjectDetails(object)) }
            return .success(object)
        case .failure(let error) where error.code == .notFound || error.code == .invalid: return .success(nil)
        case .failure(let error): return .failure(error)
        }
    }

    /// The folder of a name, if anything is in it or stands for it.
    func folder(_ key: ObjectKey) async -> Result<Answer?, StoreError> {
        let folder = key + "/"
        var request = ListRequest(prefix: folder, limit: 1)
        while true {
            switch await list(request) {
            case .failure(let error) where error.code == .invalid: return .success(nil)
            case .failure(let error): return .failure(error)
            case .success(let page):
                if let marker = page.objects.first, marker.key == folder { return await self.folder(marker) }
                // What cannot be an object is in something all the same.
                if !page.objects.isEmpty || !page.prefixes.isEmpty || page.leftOut > 0 {
                    return .success(.folder(nil, nil))
                }
                // An empty page before others says nothing.
                guard let next = page.next else { return .success(nil) }
                request.continuation = next
            }
        }
    }

    /// What only the object itself says is worth a request: somebody has made it for that.
    private func folder(_ marker: ObjectInfo) async -> Result<Answer?, StoreError> {
        let object = (try? await stat(marker.key).get()) ?? nil
        return .success(.folder(marker, object.map(ObjectDetails.init)))
    }

    /// The same, from a page of names if that says it.
    private func folder(
        _ key: ObjectKey, _ page: ListedPage?, in prefix: ObjectKey
    ) async -> Result<Answer?, StoreError> {
        guard let page else { return await folder(key) }
        let name = Array(key.bytes.dropFirst(prefix.bytes.count))
        if let index = name.withUnsafeBytes({ page.entries.find($0) }) {
            return .success(page.entries.kind(index) == .folder ? .folder(nil, nil) : nil)
        }
        return page.covers(key + "/") ? .success(nil) : await folder(key)
    }

    /// For those who may list, and not look at objects.
    func listed(_ key: ObjectKey) async -> Result<Answer, StoreError> {
        await list(ListRequest(prefix: key, grouping: .bySlash, limit: 1)).map { page in
            guard let object = page.objects.first, object.key == key else { return .absent }
            return .file(object, nil)
        }
    }

    func list(_ request: ListRequest) async -> Result<ListPage, StoreError> {
        await calls.call(request.prefix) { [store] () async throws(StoreError) in try await store.list(request) }
    }
}

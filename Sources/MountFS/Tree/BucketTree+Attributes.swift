import Glibc
import ObjectStore
import Platform
import Synchronization

extension BucketTree {
    /// `reader`: who asks is about to read this version, and is told of no other.
    func attributes(of node: NodeID, for reader: VersionMark? = nil, _ reply: Reply<NodeAttributes>) {
        withFacts(of: node, needsDetails: false) { [self] place, facts, now, state in
            guard let open = state.local.versions[place], state.isOpen(place, otherThan: facts) else {
                if state.local.files[place] == nil, let reader, let mark = facts.mark, reader != mark {
                    return .failure(.stale)
                }
                state.nodes[facts: place]?.shown = facts.size
                var attributes = attributes(place, facts, now, state)
                // Others may have another version of the root open, since before a crash: they shall ask for it.
                if state.isOpen(place, otherThan: facts) { attributes.validity = TimeSpan(milliseconds: 0) }
                return .success(attributes)
            }
            // The root, to which no other node can be: it is what is open.
            if let reader, open.facts.mark != reader { return .failure(.stale) }
            var attributes = attributes(place, open.facts, now, state)
            attributes.validity = TimeSpan(milliseconds: 0)
            return .success(attributes)
        } then: { [self] result in
            reply.give(
                result.flatMapError { error in
                    guard error == .notThere || error == .stale else { return .failure(error) }
                    return openAttributes(of: node, for: reader, otherwise: error)
                })
        }
    }

    /// Of a file to which no name leads any more. That it is gone is said in the words for those who have it open; others look its
    /// name up again.
    private func openAttributes(
        of node: NodeID, for reader: VersionMark?, otherwise error: SystemError
    ) -> Result<NodeAttributes, SystemError> {
        let now = settings.now()
        return state.withLock { state in
            guard let place = state.nodes.place(node), state.nodes.kind(place) == .file,
                place != NodeTable.root || reader != nil
            else { return .failure(error) }
            guard let open = state.local.versions[place], open.isHidden || open.facts.mark == reader else {
                return .failure(.stale)
            }
            var facts = open.facts
            // Who asks next may be another.
            facts.asked = open.isHidden ? now : Self.longAgo
            return .success(attributes(place, facts, now, state))
        }
    }

    /// Answers from what is believed of a node, else from what the store says of it.
    func withFacts<Answer: Sendable>(
        of node: NodeID, needsDetails: Bool,
        _ use: @escaping @Sendable (UInt32, NodeFacts, Int, inout State) -> Result<Answer, SystemError>,
        then: @escaping @Sendable (Result<Answer, SystemError>) -> Void
    ) {
        let now = settings.now()
        let known = state.withLock { state -> Result<Answer, SystemError>? in
            guard let place = state.nodes.place(node) else { return .failure(.stale) }
            if let facts = factsOfLasting(place, now, state),
                !needsDetails || facts.details != nil || !state.local.folders.contains(place)
            {
                return use(place, facts, now, &state)
            }
            guard let facts = state.nodes[facts: place], validity(facts.asked, now) != nil,
                !needsDetails || facts.details != nil
            else { return nil }
            return use(place, facts, now, &state)
        }
        if let known { return then(known) }
        refresh(node) { [self] result, asked in
            let now = settings.now()
            then(
                result.flatMap { answer in
                    state.withLock { state in
                        guard let place = state.nodes.place(node) else { return .failure(.stale) }
                        let isLasting = state.local.folders.contains(place)
                        if !isLasting, let facts = factsOfLasting(place, now, state) {
                            return use(place, facts, now, &state)
                        }
                        // That there is no object for it need not mean that it is not there.
                        let answer = isLasting && answer.kind == nil ? .folder(nil, nil) : answer
                        guard let kind = answer.kind, var facts = answer.facts(asked: asked) else {
                            return .failure(.notThere)
                        }
                        guard kind == state.nodes.kind(place), !state.isParted(place, from: facts) else {
                            return .failure(.stale)
                        }
                        facts.keepAll(state.nodes[facts: place])
                        if isLasting { state.nodes[facts: place] = facts }
                        return use(place, facts, now, &state)
                    }
                })
        }
    }

    /// Asks the store for a node that the kernel holds.
    private func refresh(_ node: NodeID, _ waiter: @escaping Waiter) {
        let (isFirst, object) = state.withLock { state -> (Bool, (ObjectKey, NodeKind)?) in
            guard let place = state.nodes.place(node), let key = key(of: place, state) else { return (false, nil) }
            return (ask(.node(node.number), &state, waiter), (key, state.nodes.kind(place)))
        }
        // The name leads to something else, or nowhere: of a file it is to be looked up again.
        guard let (key, kind) = object else {
            return waiter(.failure(isFolder(node) ? .notThere : .stale), settings.now())
        }
        guard isFirst else { return }
        put(.node(node.number)) { [self] in
            (kind == .folder ? await folderAnswer(key) : await fileAnswer(key)).map { DatedAnswer($0) }
        } learn: { [self] answer, asked, state in
            guard let place = state.nodes.place(node), !isOutdated(place, asked: asked, state) else { return }
            guard let kind = answer.kind, var facts = answer.facts(asked: asked), kind == state.nodes.kind(place),
                !state.isParted(place, from: facts)
            else {
                // What older pages have of the name is not to come back.
                if let parent = state.nodes.parent(place), let prefix = self.key(of: parent, state) {
                    state.pages.forget(prefix)
                }
                return state.part(place)
            }
            facts.keepAll(state.nodes[facts: place])
            state.nodes[facts: place] = facts
        }
    }

    private func folderAnswer(_ key: ObjectKey) async -> Result<Answer, StoreError> {
        await folder(ObjectKey(key.bytes.dropLast())).map { $0 ?? .absent }
    }

    private func fileAnswer(_ key: ObjectKey) async -> Result<Answer, StoreError> {
        switch await stat(key) {
        case .success(let object): .success(object.map { .file($0, ObjectDetails($0)) } ?? .absent)
        case .failure(let error) where error.code == .denied: await listed(key)
        case .failure(let error): .failure(error)
        }
    }

    // MARK: Folders

    /// Nothing of what is no folder, and of one that is gone.
    func prefix(of folder: NodeID) -> ObjectKey? {
        state.withLock { state in
            guard let place = state.nodes.place(folder), state.nodes.kind(place) == .folder else { return nil }
            return key(of: place, state)
        }
    }

    /// A listed name with its node, which is held once more if that is wanted. Nothing when nothing has the name any more.
    func entry(
        _ page: ListedPage, _ index: Int, in folder: NodeID, isDetailed: Bool
    ) throws(SystemError) -> Entry? {
        let now = settings.now()
        let result = state.withLock { state in
            page.entries.withName(index) { name in
                Result { () throws(SystemError) -> Entry? in
                    guard let parent = state.nodes.place(folder) else { throw .stale }
                    if state.local.overrules(name, in: parent, asked: page.asked),
                        let change = state.local.change(name, in: parent)
                    {
                        guard let place = change.place, state.nodes.child(name, of: parent) == place else { return nil }
                        return entry(place, isDetailed: isDetailed, now, &state)
                    }
                    if isDetailed {
                        let place = try hold(page, index, name, in: parent, &state)
                        return entry(place, facts(of: place, now, state), now, &state)
                    }
                    return plainEntry(page, index, name, in: parent, state)
                }
            }
        }
        return try result.get()
    }

    /// Only kind and number count.
    private func plainEntry(
        _ page: ListedPage, _ index: Int, _ name: UnsafeRawBufferPointer, in parent: UInt32,
        _ state: borrowing State
    ) -> Entry {
        var known = state.nodes.child(name, of: parent)
        var kind = page.entries.kind(index)
        if let place = known, let facts = state.nodes[facts: place], facts.asked > page.asked || kind == .file {
            // Younger than the page, or a link, which a listing takes for a file.
            let isLink = facts.version == page.entries.facts(index, asked: page.asked).version
            if facts.asked > page.asked || isLink { kind = state.nodes.kind(place) }
        }
        if let place = known, state.nodes.kind(place) != kind { known = nil }
        return plainEntry(known.map { state.nodes.id($0) } ?? .unknown, kind)
    }

    func plainEntry(_ node: NodeID, _ kind: NodeKind) -> Entry {
        let never = TimeSpan(milliseconds: 0)
        return Entry(
            NodeAttributes(
                node, kind.shown, mode: 0, size: 0, owner: 0, group: 0, modified: settings.started, validity: never),
            validity: never)
    }

    func dotEntry(_ folder: NodeID, isParent: Bool) -> Entry {
        let node = state.withLock { state -> NodeID in
            guard isParent, let place = state.nodes.place(folder), place != NodeTable.root,
                let parent = state.nodes.parent(place)
            else { return folder }
            return state.nodes.id(parent)
        }
        return plainEntry(node, .folder)
    }
}

extension NodeID {
    /// What file systems say in listings of a name whose node they do not know yet.
    static let unknown = NodeID(0xFFFF_FFFF)
}

extension Reply {
    func give(_ result: Result<Answer, SystemError>) {
        switch result {
        case .success(let value): answer(value)
        case .failure(let error): fail(error)
        }
    }
}

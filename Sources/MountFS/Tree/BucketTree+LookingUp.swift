import Glibc
import ObjectStore
import Platform
import Synchronization

extension BucketTree {
    /// The kernel holds what is found once more.
    func lookUp(_ name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Lookup>) {
        let now = settings.now()
        let known = state.withLock { state -> Result<Lookup, SystemError>? in
            guard let parent = state.nodes.place(folder) else { return .failure(.stale) }
            guard state.nodes.kind(parent) == .folder else { return .failure(SystemError(code: ENOTDIR)) }
            guard name.count <= ShownName.longest else { return .failure(SystemError(code: ENAMETOOLONG)) }
            guard names.isShown(name) else { return .success(.absent(validity: settings.metadataTTL)) }
            do throws(SystemError) {
                if let mountPoint = try mountPoint(name, in: parent, now, &state) { return .success(mountPoint) }
                return try recall(name, in: parent, now, &state).map { .success($0) }
            } catch {
                return .failure(error)
            }
        }
        switch known {
        case .success(let lookup): answer(lookup, reply)
        case .failure(let error): reply.fail(error)
        case nil: search(Array(name), in: folder, reply)
        }
    }

    private func answer(_ lookup: Lookup, _ reply: Reply<Lookup>) {
        if !reply.answer(lookup), case .found(let entry) = lookup { forget(entry.attributes.node, count: 1) }
    }

    /// What is known and believed of a name.
    private func recall(
        _ name: UnsafeRawBufferPointer, in parent: UInt32, _ now: Int, _ state: inout State
    ) throws(SystemError) -> Lookup? {
        state.local.forget(before: now - 2 * settings.metadataTTL.milliseconds - 1, &state.nodes)
        if let change = state.local.change(name, in: parent) {
            if let found = local(name, in: parent, change, now, &state) { return found }
        }
        if let place = state.nodes.child(name, of: parent), let facts = factsOfLasting(place, now, state) {
            state.nodes.hold(place)
            return .found(entry(place, facts, now, &state))
        }
        if let place = state.nodes.child(name, of: parent), let facts = state.nodes[facts: place],
            validity(facts.asked, now) != nil, validity(facts.named, now) != nil
        {
            state.nodes.hold(place)
            return .found(entry(place, facts, now, &state))
        }
        if let asked = state.absences[ChildName(folder: state.nodes.id(parent).number, name: Array(name))],
            let validity = validity(asked, now)
        {
            return .absent(validity: validity)
        }
        guard let prefix = key(of: parent, state) else { return nil }
        let pages = state.pages.pages(of: prefix).reversed().filter { page in
            validity(page.asked, now) != nil && !state.local.overrules(name, in: parent, asked: page.asked)
        }
        let wanted = ObjectKey(prefix.bytes + name)
        let folder = wanted + "/"
        for page in pages where page.mayShow(wanted, folder) {
            guard let index = page.entries.find(name) else { continue }
            state.searches[state.nodes.id(parent).number]?.noteFound()
            let place = try hold(page, index, name, in: parent, &state)
            return .found(entry(place, state.nodes[facts: place]!, now, &state))
        }
        // Nobody has it, neither as a file nor as a folder.
        guard let page = pages.first(where: { $0.covers(wanted) }), !page.holdsBack(wanted),
            let folderPage = pages.first(where: { $0.covers(folder) }),
            let validity = validity(min(page.asked, folderPage.asked), now)
        else { return nil }
        return .absent(validity: validity)
    }

    /// The node of a listed name, held once more.
    func hold(
        _ page: ListedPage, _ index: Int, _ name: UnsafeRawBufferPointer, in parent: UInt32, _ state: inout State
    ) throws(SystemError) -> UInt32 {
        let place = try learn(
            name, in: parent, page.entries.kind(index), page.entries.facts(index, asked: page.asked), &state)
        state.nodes.hold(place)
        return place
    }

    /// The node of a name of which something was learned. What is younger stays; a version whose object says that it
    /// is a link stays one.
    private func learn(
        _ name: UnsafeRawBufferPointer, in parent: UInt32, _ kind: NodeKind, _ facts: NodeFacts, _ state: inout State
    ) throws(SystemError) -> UInt32 {
        var (kind, facts) = (kind, facts)
        if let place = state.nodes.child(name, of: parent), let old = state.nodes[facts: place] {
            guard old.asked <= facts.asked, !state.local.overrules(name, in: parent, asked: facts.asked) else {
                return place
            }
            if kind == .file, state.nodes.kind(place) == .link, facts.version == old.version { kind = .link }
            if kind == state.nodes.kind(place), !state.isOpen(place, otherThan: facts) { facts.keep(old) }
        }
        let place = try state.node(name, of: parent, kind, facts)
        state.nodes.forgetFacts(askedBefore: settings.now() - settings.metadataTTL.milliseconds)
        state.nodes[facts: place] = facts
        return place
    }

    // MARK: Asking

    private func search(_ name: [UInt8], in folder: NodeID, _ reply: Reply<Lookup>) {
        let child = ChildName(folder: folder.number, name: name)
        let waiter: Waiter = { [self] result, asked in
            switch result {
            case .failure(let error): reply.fail(error)
            case .success(let answer): finish(answer, asked, name, in: folder, reply)
            }
        }
        let found: (prefix: ObjectKey?, isFirst: Bool, isWalk: Bool) = state.withLock { state in
            guard let place = state.nodes.place(folder), let prefix = key(of: place, state) else {
                return (nil, false, false)
            }
            guard ask(.child(child), &state, waiter) else { return (prefix, false, false) }
            return (prefix, true, noteSearch(in: folder, &state))
        }
        guard let prefix = found.prefix else { return _ = reply.fail(.stale) }
        guard found.isFirst else { return }
        let wanted = ObjectKey(prefix.bytes + name)
        put(.child(child)) { [self] in
            await find(wanted, in: prefix, listing: found.isWalk)
        } learn: { [self] answer, asked, state in
            guard let parent = state.nodes.place(folder) else { return }
            name.withUnsafeBytes { name in note(answer, name, child, in: parent, asked, &state) }
        }
    }

    /// Whether other names of the folder will be wanted soon.
    private func noteSearch(in folder: NodeID, _ state: inout State) -> Bool {
        let now = settings.now()
        if state.searches.count > 1024 { state.searches = state.searches.filter { !$0.value.isOver(at: now) } }
        return state.searches[folder.number, default: FolderSearch(at: now)].wantsPage(at: now)
    }

    /// Keeps with the node what was found out.
    private func note(
        _ answer: Answer, _ name: UnsafeRawBufferPointer, _ child: ChildName, in parent: UInt32, _ asked: Int,
        _ state: inout State
    ) {
        guard !state.local.overrules(name, in: parent, asked: asked) else { return }
        guard let kind = answer.kind, let facts = answer.facts(asked: asked) else {
            if let place = state.nodes.child(name, of: parent),
                state.nodes[facts: place].map({ $0.asked <= asked }) ?? true
            {
                state.part(place)
            }
            if state.absences.count > 4096 { state.absences = [:] }
            state.absences[child] = asked
            return
        }
        state.absences[child] = nil
        // A table that is full is said to those who wait.
        _ = try? learn(name, in: parent, kind, facts, &state)
    }

    private func finish(
        _ answer: Answer, _ asked: Int, _ name: [UInt8], in folder: NodeID, _ reply: Reply<Lookup>
    ) {
        let now = settings.now()
        let lookup = state.withLock { state -> Result<Lookup, SystemError> in
            guard let parent = state.nodes.place(folder) else { return .failure(.stale) }
            if let change = name.withUnsafeBytes({ state.local.change($0, in: parent) }),
                let found = name.withUnsafeBytes({ local($0, in: parent, change, now, &state) })
            {
                return .success(found)
            }
            let known = name.withUnsafeBytes { state.nodes.child($0, of: parent) }
            let isLasting = known.map { state.local.folders.contains($0) } ?? false
            // That there is no object for it need not mean that it is not there.
            let answer = isLasting && answer.kind == nil ? .folder(nil, nil) : answer
            guard let kind = answer.kind, let facts = answer.facts(asked: asked) else {
                return .success(.absent(validity: validity(asked, now) ?? TimeSpan(milliseconds: 0)))
            }
            // Something else has been found out meanwhile.
            if let known, let younger = state.nodes[facts: known], younger.asked > asked {
                state.nodes.hold(known)
                return .success(.found(entry(known, younger, now, &state)))
            }
            return Result { () throws(SystemError) in
                let place = try name.withUnsafeBytes { name in
                    Result { () throws(SystemError) in try state.node(name, of: parent, kind, facts) }
                }.get()
                if state.nodes[facts: place] == nil { state.nodes[facts: place] = facts }
                state.nodes.hold(place)
                return .found(entry(place, state.nodes[facts: place]!, now, &state))
            }
        }
        switch lookup {
        case .success(let lookup): self.answer(lookup, reply)
        case .failure(let error): reply.fail(error)
        }
    }
}

import Glibc
import ObjectStore
import Platform
import Synchronization

/// Nodes that are more than objects at this moment.
extension BucketTree {
    /// A new file under a name that nothing has. The answer counts as held, and as opened.
    func add(
        _ name: [UInt8], in folder: NodeID, isOpen: Bool, _ make: (ObjectKey, NodeID) throws(SystemError) -> WrittenFile
    ) throws(SystemError) -> (entry: Entry, file: WrittenFile) {
        let now = settings.now()
        let (key, node) = try reserve(name, in: folder, .file, now)
        do throws(SystemError) {
            let file = try make(key, node)
            while true {
                switch add(file, at: node, isOpen: isOpen, now) {
                case .added(let entry): return (entry, file)
                // With its folder.
                case .moved(let key): try file.move(to: key, replacing: nil)
                }
            }
        } catch {
            state.withLock { state in
                guard let place = state.nodes.place(node), let parent = state.nodes.place(folder) else { return }
                state.local.forget(name, in: parent, &state.nodes)
                state.nodes.detach(place)
                state.nodes.forget(place, count: 1)
            }
            throw error
        }
    }

    private enum Adding {
        case added(Entry)
        /// It was made for another name than it has now.
        case moved(ObjectKey)
    }

    private func add(_ file: WrittenFile, at node: NodeID, isOpen: Bool, _ now: Int) -> Adding {
        state.withLock { state in
            let place = state.nodes.place(node)!
            if let key = key(of: place, state), key != file.key { return .moved(key) }
            state.local.files[place] = file
            state.nodes.pin(place)
            if isOpen { state.noteOpen(place) }
            return .added(entry(place, file.facts(now), now, &state))
        }
    }

    /// A node for something that the bucket does not know yet, held once.
    private func reserve(
        _ name: [UInt8], in folder: NodeID, _ kind: NodeKind, _ now: Int
    ) throws(SystemError) -> (ObjectKey, NodeID) {
        let result = state.withLock { state in
            Result { () throws(SystemError) -> (ObjectKey, NodeID) in
                let key = try newKey(name, in: folder, state)
                let parent = state.nodes.place(folder)!
                if let place = name.withUnsafeBytes({ state.nodes.child($0, of: parent) }) {
                    let isThere = validity(facts(of: place, now, state).asked, now) != nil
                    guard !isThere else { throw SystemError(code: EEXIST) }
                    state.nodes.detach(place)
                }
                let place = try state.nodes.node(name, of: parent, kind)
                state.nodes.hold(place)
                state.local.note(name, in: parent, place, at: nil, &state.nodes)
                state.absences[ChildName(folder: folder.number, name: name)] = nil
                return (key, state.nodes.id(place))
            }
        }
        return try result.get()
    }

    /// A file that is more than its object from the beginning, with the folders on its way; of one without a name the kernel
    /// still holds the node, or it is nothing.
    func addRecovered(
        _ key: ObjectKey?, _ node: NodeID?, _ make: (NodeID) -> WrittenFile
    ) throws(SystemError) -> (node: NodeID, file: WrittenFile)? {
        let now = settings.now()
        let result = state.withLock { state in
            Result { () throws(SystemError) -> (node: NodeID, file: WrittenFile)? in
                var place = NodeTable.root
                if let key {
                    if !settings.isSingleObject {
                        let (folder, name) = try recoveredFolder(of: key, now, &state)
                        place = try state.nodes.node(name, of: folder, .file)
                        state.local.note(name, in: folder, place, at: nil, &state.nodes)
                    }
                } else {
                    guard let held = node.flatMap({ state.nodes.place($0) }) else { return nil }
                    place = held
                    // The name may have been about to go.
                    state.nodes.detach(held)
                }
                let file = make(state.nodes.id(place))
                state.local.files[place] = file
                state.nodes.pin(place)
                return (state.nodes.id(place), file)
            }
        }
        return try result.get()
    }

    /// The folder in which a key is a name, which is there from now on, and that name.
    func recoveredFolder(
        of key: ObjectKey, _ now: Int, _ state: inout State
    ) throws(SystemError) -> (folder: UInt32, name: [UInt8]) {
        let path = key.bytes.dropFirst(settings.root.bytes.count)
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
        var folder = NodeTable.root
        for name in path.dropLast() {
            let place = try state.nodes.node(name, of: folder, .folder)
            state.local.note(name, in: folder, place, at: nil, &state.nodes)
            keep(folder: place, now, &state)
            folder = place
        }
        return (folder, path.last ?? [])
    }

    /// An object that a process before this one was about to delete shows no more, until `noteKnown`. Nothing where it is no name.
    func hide(_ key: ObjectKey) throws(SystemError) -> (name: [UInt8], folder: NodeID)? {
        guard !settings.isSingleObject, key.hasPrefix(settings.root) else { return nil }
        let now = settings.now()
        let result = state.withLock { state in
            Result { () throws(SystemError) -> (name: [UInt8], folder: NodeID) in
                let (folder, name) = try recoveredFolder(of: key, now, &state)
                state.local.note(name, in: folder, nil, at: nil, &state.nodes)
                return (name, state.nodes.id(folder))
            }
        }
        return try result.get()
    }

    /// The file that a node is, opened once more: the one that is known, or this one from now on; nothing when there is none, or when
    /// the node has another name than this one was made for.
    func openWritten(_ node: NodeID, or file: WrittenFile?) throws(SystemError) -> WrittenFile? {
        let result = state.withLock { state -> Result<WrittenFile?, SystemError> in
            guard let place = state.nodes.place(node) else { return .failure(.stale) }
            if let known = state.local.files[place] {
                state.noteOpen(place)
                return .success(known)
            }
            guard let file, key(of: place, state) == file.key else { return .success(nil) }
            // Of a root that somebody reads as an older version: he would read this one from now on.
            if let open = state.local.versions[place], let mark = open.facts.mark,
                mark != file.facts(settings.now()).mark
            {
                return .failure(.stale)
            }
            state.noteOpen(place)
            state.local.files[place] = file
            state.noteWritten(place)
            state.nodes.pin(place)
            // What the kernel's cache has of it no version of the bucket's is.
            state.nodes[facts: place] = nil
            if let parent = state.nodes.parent(place) {
                state.local.note(state.nodes.name(of: place), in: parent, place, at: nil, &state.nodes)
            }
            return .success(file)
        }
        return try result.get()
    }

    /// Somebody who was there before a crash reads what is written. False when it is no more than an object meanwhile.
    func noteOpen(_ node: NodeID, reading file: WrittenFile) -> Bool {
        state.withLock { state in
            guard let place = state.nodes.place(node), state.local.files[place] === file else { return false }
            state.noteOpen(place)
            return true
        }
    }

    /// Returns the file of whoever was the last to have it open.
    func noteClose(_ node: NodeID) -> WrittenFile? {
        state.withLock { state in
            guard let place = state.nodes.place(node) else { return nil }
            let file = state.local.files[place]
            return state.noteClose(place) ? file : nil
        }
    }

    /// The file is no more than an object from now on: all of it is in the bucket, or nothing more will come there. False when it
    /// is open again, or `isOver` says that it is not. Another may come in its place.
    func settle(
        _ node: NodeID, _ file: WrittenFile, isDiscarded: Bool = false, openAs object: StoredObject? = nil,
        by next: WrittenFile? = nil, isOver: () -> Bool
    ) -> Bool {
        let now = settings.now()
        return state.withLock { state in
            guard let place = state.nodes.place(node), state.local.files[place] === file,
                state.local.opens[place] == nil || object != nil, isOver()
            else { return false }
            state.local.files[place] = next
            guard next == nil else { return true }
            let facts = file.facts(now)
            // Else listings would show it as everything is.
            if let details = facts.details, facts.version != nil { habit.note(details) }
            if let parent = state.nodes.parent(place) {
                let isThere = facts.version != nil
                if isDiscarded {
                    forgetName(of: place, in: parent, &state)
                    if let object { state.noteObject(place, file.facts(of: object)) }
                } else {
                    state.nodes[facts: place] = facts
                    state.local.note(
                        state.nodes.name(of: place), in: parent, isThere ? place : nil, at: now, &state.nodes)
                }
                if !isThere { state.nodes.detach(place) }
            }
            state.nodes.unpin(place)
            return true
        }
    }

    /// Its name is what the bucket says from now on.
    func takeName(of node: NodeID) {
        state.withLock { state in
            guard let place = state.nodes.place(node), let parent = state.nodes.parent(place) else { return }
            forgetName(of: place, in: parent, &state)
            state.nodes.detach(place)
        }
    }

    /// What it leads to only the bucket knows.
    func forgetName(of place: UInt32, in parent: UInt32, _ state: inout State) {
        state.nodes[facts: place] = nil
        state.local.forget(state.nodes.name(of: place), in: parent, &state.nodes)
        if let prefix = key(of: parent, state) { state.pages.forget(prefix) }
    }

    func written(_ node: NodeID) -> WrittenFile? {
        state.withLock { state in state.nodes.place(node).flatMap { state.local.files[$0] } }
    }

    /// Files that are more than objects, below a folder or everywhere, with their nodes.
    func written(below folder: NodeID? = nil) -> [(node: NodeID, file: WrittenFile)] {
        state.withLock { state in
            let above = folder.flatMap { state.nodes.place($0) }
            return state.local.files.compactMap { place, file in
                guard above.map({ state.nodes.isBelow(place, $0) }) ?? true else { return nil }
                return (state.nodes.id(place), file)
            }
        }
    }

    /// Files below a folder that are open, and are no more than objects.
    func openObjects(below folder: NodeID) -> [NodeID] {
        state.withLock { state in
            guard let above = state.nodes.place(folder) else { return [] }
            return state.local.opens.keys.filter { place in
                state.local.files[place] == nil && state.nodes.isBelow(place, above)
            }.map { state.nodes.id($0) }
        }
    }
}

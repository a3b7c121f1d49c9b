import Glibc
import ObjectStore
import Platform
import Synchronization

/// What this mount itself does to names.
extension BucketTree {
    /// Nothing has the name any more. `isKnown`: the bucket knows it, too.
    func removeName(_ name: [UInt8], in folder: NodeID, isKnown: Bool) {
        let now = settings.now()
        state.withLock { state in
            guard let parent = state.nodes.place(folder) else { return }
            if let place = name.withUnsafeBytes({ state.nodes.child($0, of: parent) }) {
                if state.nodes.kind(place) == .folder, let prefix = key(of: place, state) {
                    state.pages.forget(below: prefix, at: now)
                }
                if state.local.folders.remove(place) != nil { state.nodes.unpin(place) }
                state.nodes.detach(place)
            }
            state.local.note(name, in: parent, nil, at: isKnown ? now : nil, &state.nodes)
            keep(folder: parent, now, &state)
        }
    }

    func isNamed(_ name: [UInt8], in folder: NodeID, _ node: NodeID) -> Bool {
        state.withLock { state in
            guard let place = state.nodes.place(node), let parent = state.nodes.place(folder) else { return false }
            return name.withUnsafeBytes { state.nodes.child($0, of: parent) } == place
        }
    }

    /// A folder is about to be moved: should this session be killed, the request for it comes again.
    func noteMove(_ request: UInt64) { state.withLock { $0.nodes.noteMove(request) } }
    func wasMoveBegun(_ request: UInt64) -> Bool { state.withLock { $0.nodes.wasMoveBegun(request) } }
    func endMove(_ request: UInt64) { state.withLock { $0.nodes.endMove(request) } }

    /// Whether something that the bucket has was removed from here, and is open still.
    func isGone(_ name: [UInt8], in folder: NodeID) -> Bool {
        state.withLock { state in
            guard let parent = state.nodes.place(folder),
                let change = name.withUnsafeBytes({ state.local.change($0, in: parent) })
            else { return false }
            return !change.isThere && change.at == nil
        }
    }

    /// It is somewhere else now, with the folder that it is in.
    func noteMoved(_ node: NodeID) {
        state.withLock { state in
            guard let place = state.nodes.place(node), let parent = state.nodes.parent(place),
                state.local.files[place] != nil
            else { return }
            state.local.note(state.nodes.name(of: place), in: parent, place, at: nil, &state.nodes)
        }
    }

    /// The bucket knows now what was done to a name before, unless something else was done since.
    func noteKnown(_ name: [UInt8], in folder: NodeID) {
        let now = settings.now()
        state.withLock { state in
            guard let parent = state.nodes.place(folder),
                let change = name.withUnsafeBytes({ state.local.change($0, in: parent) }), change.at == nil,
                !change.isThere
            else { return }
            state.local.note(name, in: parent, nil, at: now, &state.nodes)
        }
    }

    /// Programs that remove what is in a folder do not expect it to go, nor what it is in.
    func keep(folder place: UInt32, _ now: Int, _ state: inout State) {
        var place = place
        while place != NodeTable.root, let parent = state.nodes.parent(place),
            state.local.folders.insert(place).inserted
        {
            state.nodes.pin(place)
            state.local.note(state.nodes.name(of: place), in: parent, place, at: nil, &state.nodes)
            place = parent
        }
    }

    /// A folder or link that is in the bucket now, held once more.
    func addMade(
        _ name: [UInt8], in folder: NodeID, _ kind: NodeKind, _ facts: NodeFacts
    ) throws(SystemError) -> Entry {
        let now = settings.now()
        let result = state.withLock { state in
            Result { () throws(SystemError) -> Entry in
                guard let parent = state.nodes.place(folder) else { throw .stale }
                let place = try state.nodes.node(name, of: parent, kind)
                var facts = facts
                (facts.asked, facts.named) = (now, now)
                state.nodes[facts: place] = facts
                state.nodes.hold(place)
                state.local.note(name, in: parent, place, at: now, &state.nodes)
                state.absences[ChildName(folder: folder.number, name: name)] = nil
                return entry(place, facts, now, &state)
            }
        }
        return try result.get()
    }

    /// What is in a folder is other versions now than those that were listed.
    func forgetFacts(below folder: NodeID) {
        let now = settings.now()
        state.withLock { state in
            guard let place = state.nodes.place(folder) else { return }
            state.forgetVersions(below: place)
            if let prefix = key(of: place, state) { state.pages.forget(below: prefix, at: now) }
        }
    }

    /// The node has another name, and what had that before has none. Facts are those of an object's new version; nothing of
    /// what is more than an object, or a folder. Of a folder the bucket may have nothing: then it is only here.
    func move(
        _ node: NodeID, to name: [UInt8], in folder: NodeID, _ facts: NodeFacts?, isOnlyHere: Bool = false
    ) throws(SystemError) {
        let now = settings.now()
        let result = state.withLock { state in
            Result { () throws(SystemError) in
                guard let place = state.nodes.place(node), let parent = state.nodes.place(folder),
                    let oldParent = state.nodes.parent(place)
                else { throw .stale }
                let oldName = state.nodes.name(of: place)
                let isFolder = state.nodes.kind(place) == .folder
                if isFolder, let prefix = key(of: place, state) { state.pages.forget(below: prefix, at: now) }
                state.nodes.pin(oldParent)
                defer { state.nodes.unpin(oldParent) }
                let isMoved = name.withUnsafeBytes { name in
                    Result { () throws(SystemError) in try state.nodes.move(place, to: name, in: parent) }
                }
                try isMoved.get()
                if isFolder {
                    state.forgetVersions(below: place)
                    if let prefix = key(of: place, state) { state.pages.forget(below: prefix, at: now) }
                }
                if var facts {
                    (facts.asked, facts.named) = (now, now)
                    state.nodes[facts: place] = facts
                    state.noteOwnVersion(place, facts)
                }
                if isFolder, isOnlyHere { keep(folder: place, now, &state) }
                let isOnlyHere = state.local.files[place] != nil || state.local.folders.contains(place)
                state.local.note(oldName, in: oldParent, nil, at: now, &state.nodes)
                state.local.note(name, in: parent, place, at: isOnlyHere ? nil : now, &state.nodes)
                state.absences[ChildName(folder: folder.number, name: name)] = nil
                keep(folder: oldParent, now, &state)
            }
        }
        try result.get()
    }

    /// Each of the two nodes has the name of the other now. Facts are those of objects' new versions, as with `move`.
    func exchange(
        _ node: NodeID, _ facts: NodeFacts?, with other: NodeID, _ otherFacts: NodeFacts?
    ) throws(SystemError) {
        let now = settings.now()
        let result = state.withLock { state in
            Result { () throws(SystemError) in
                guard let place = state.nodes.place(node), let otherPlace = state.nodes.place(other),
                    state.nodes.parent(place) != nil, state.nodes.parent(otherPlace) != nil
                else { throw .stale }
                // What listings say of folders was asked under the names that they had.
                let folders = [place, otherPlace].filter { state.nodes.kind($0) == .folder }
                for folder in folders {
                    if let prefix = key(of: folder, state) { state.pages.forget(below: prefix, at: now) }
                }
                try state.nodes.exchange(place, with: otherPlace)
                for folder in folders {
                    state.forgetVersions(below: folder)
                    if let prefix = key(of: folder, state) { state.pages.forget(below: prefix, at: now) }
                }
                for (place, facts) in [(place, facts), (otherPlace, otherFacts)] {
                    if var facts {
                        (facts.asked, facts.named) = (now, now)
                        state.nodes[facts: place] = facts
                        state.noteOwnVersion(place, facts)
                    }
                    let isOnlyHere = state.local.files[place] != nil || state.local.folders.contains(place)
                    let parent = state.nodes.parent(place)!
                    state.local.note(
                        state.nodes.name(of: place), in: parent, place, at: isOnlyHere ? nil : now, &state.nodes)
                    keep(folder: parent, now, &state)
                }
            }
        }
        try result.get()
    }

    /// New attributes of what is in the bucket.
    func update(_ node: NodeID, _ facts: NodeFacts) -> NodeAttributes? {
        let now = settings.now()
        return state.withLock { state in
            guard let place = state.nodes.place(node) else { return nil }
            var facts = facts
            (facts.asked, facts.named) = (now, now)
            state.nodes[facts: place] = facts
            return attributes(place, self.facts(of: place, now, state), now, state)
        }
    }
}

import Glibc
import ObjectStore
import Platform
import Synchronization

/// What is done to names and nodes when something is changed from here. The store is asked by the caller.
extension BucketTree {
    /// A node as somebody finds it who is about to change it.
    struct Changeable: Sendable {
        var node: NodeID
        var kind: NodeKind
        /// Of a folder the beginning of the keys in it.
        var key: ObjectKey
        var facts: NodeFacts
        /// If it is more than an object.
        var file: WrittenFile?
        var opens: Int
        /// Other things are mounted in it, or it is the root.
        var isFixed: Bool
    }

    /// With what its object has beside its bytes, so that it can be kept.
    func changeable(_ node: NodeID) async throws(SystemError) -> Changeable {
        let result = await withCheckedContinuation { continuation in
            withFacts(
                of: node, needsDetails: store.capabilities.keepsMetadata,
                { [self] place, facts, _, state -> Result<Changeable, SystemError> in
                    guard let key = key(of: place, state) else { return .failure(.notThere) }
                    let kind = state.nodes.kind(place)
                    return .success(
                        Changeable(
                            node: node, kind: kind, key: key, facts: facts, file: state.local.files[place],
                            opens: state.local.opens[place] ?? 0,
                            isFixed: kind == .folder && (place == NodeTable.root || mountPoints.contains(key))))
                }, then: { continuation.resume(returning: $0) })
        }
        return try result.get()
    }

    func isFolder(_ node: NodeID) -> Bool {
        state.withLock { state in state.nodes.place(node).map { state.nodes.kind($0) == .folder } ?? false }
    }

    /// What has a name; whoever is given a node holds it once more.
    func found(_ name: [UInt8], in folder: NodeID) async throws(SystemError) -> NodeID? {
        let lookup = try await Answered<Lookup>.wait { reply in
            name.withUnsafeBytes { lookUp($0, in: folder, reply) }
        }
        return if case .found(let entry) = lookup { entry.attributes.node } else { nil }
    }

    /// Where something new of this name would be. The kernel has found that nothing has it.
    func newKey(_ name: [UInt8], in folder: NodeID) throws(SystemError) -> ObjectKey {
        let result = state.withLock { state -> Result<ObjectKey, SystemError> in
            Result { () throws(SystemError) in try newKey(name, in: folder, state) }
        }
        return try result.get()
    }

    private func newKey(
        _ name: [UInt8], in folder: NodeID, _ state: borrowing State
    ) throws(SystemError) -> ObjectKey {
        guard let parent = state.nodes.place(folder) else { throw .stale }
        guard state.nodes.kind(parent) == .folder else { throw SystemError(code: ENOTDIR) }
        guard name.count <= ShownName.longest else { throw SystemError(code: ENAMETOOLONG) }
        guard names.isShown(name) else { throw SystemError(code: EILSEQ) }
        guard let prefix = key(of: parent, state) else { throw .notThere }
        guard !name.withUnsafeBytes({ mountPoints.contains($0, in: prefix) }) else { throw SystemError(code: EEXIST) }
        let key = ObjectKey(prefix.bytes + name)
        guard key.bytes.count <= Self.longestKey else { throw SystemError(code: ENAMETOOLONG) }
        return key
    }

    /// Of every store.
    private static let longestKey = 1024

    // MARK: Files

    /// A new file under a name that nothing has. The answer counts as held, and as opened.
    func add(
        _ name: [UInt8], in folder: NodeID, isOpen: Bool, _ make: (ObjectKey, NodeID) throws(SystemError) -> WrittenFile
    ) throws(SystemError) -> (entry: Entry, file: WrittenFile) {
        let now = settings.now()
        let (key, node) = try reserve(name, in: folder, .file, now)
        let file: WrittenFile
        do throws(SystemError) {
            file = try make(key, node)
        } catch {
            state.withLock { state in
                guard let place = state.nodes.place(node), let parent = state.nodes.place(folder) else { return }
                state.local.forget(name, in: parent, &state.nodes)
                state.nodes.detach(place)
                state.nodes.forget(place, count: 1)
            }
            throw error
        }
        let entry = state.withLock { state in
            let place = state.nodes.place(node)!
            state.local.files[place] = file
            state.nodes.pin(place)
            if isOpen { state.local.opens[place, default: 0] += 1 }
            return self.entry(place, file.facts(now), now, state)
        }
        return (entry, file)
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
        let path = key?.bytes.dropFirst(settings.root.bytes.count)
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
        let result = state.withLock { state in
            Result { () throws(SystemError) -> (node: NodeID, file: WrittenFile)? in
                var place = NodeTable.root
                if path == nil {
                    guard let held = node.flatMap({ state.nodes.place($0) }) else { return nil }
                    place = held
                }
                let path = path ?? []
                for (index, name) in path.enumerated() where !settings.isSingleObject {
                    let isLast = index == path.count - 1
                    let parent = place
                    place = try state.nodes.node(name, of: parent, isLast ? .file : .folder)
                    state.local.note(name, in: parent, place, at: nil, &state.nodes)
                    if !isLast { keep(folder: place, now, &state) }
                }
                let file = make(state.nodes.id(place))
                state.local.files[place] = file
                state.nodes.pin(place)
                return (state.nodes.id(place), file)
            }
        }
        return try result.get()
    }

    /// The file that a node is, opened once more: the one that is known, or this one from now on; nothing when there is none.
    func openWritten(_ node: NodeID, or file: WrittenFile?) throws(SystemError) -> WrittenFile? {
        let result = state.withLock { state -> Result<WrittenFile?, SystemError> in
            guard let place = state.nodes.place(node) else { return .failure(.stale) }
            if let known = state.local.files[place] {
                state.local.opens[place, default: 0] += 1
                return .success(known)
            }
            guard let file else { return .success(nil) }
            state.local.opens[place, default: 0] += 1
            state.local.files[place] = file
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

    /// Returns the file of whoever was the last to have it open.
    func noteClose(_ node: NodeID) -> WrittenFile? {
        state.withLock { state in
            guard let place = state.nodes.place(node), let count = state.local.opens[place] else { return nil }
            state.local.opens[place] = count > 1 ? count - 1 : nil
            return count == 1 ? state.local.files[place] : nil
        }
    }

    /// The file is no more than an object from now on: all of it is in the bucket, or nothing more will come there. False when it
    /// is open again, or `isOver` says that it is not.
    func settle(
        _ node: NodeID, _ file: WrittenFile, isDiscarded: Bool = false, evenIfOpen: Bool = false, isOver: () -> Bool
    ) -> Bool {
        let now = settings.now()
        return state.withLock { state in
            guard let place = state.nodes.place(node), state.local.files[place] === file,
                state.local.opens[place] == nil || evenIfOpen, isOver()
            else { return false }
            state.local.files[place] = nil
            let facts = file.facts(now)
            if let parent = state.nodes.parent(place) {
                let isThere = facts.version != nil
                if isDiscarded {
                    forgetName(of: place, in: parent, &state)
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
    private func forgetName(of place: UInt32, in parent: UInt32, _ state: inout State) {
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

    // MARK: Names

    /// Nothing has the name any more. `isKnown`: the bucket knows it, too.
    func removeName(_ name: [UInt8], in folder: NodeID, isKnown: Bool) {
        let now = settings.now()
        state.withLock { state in
            guard let parent = state.nodes.place(folder) else { return }
            if let place = name.withUnsafeBytes({ state.nodes.child($0, of: parent) }) {
                if state.local.folders.remove(place) != nil { state.nodes.unpin(place) }
                state.nodes.detach(place)
            }
            state.local.note(name, in: parent, nil, at: isKnown ? now : nil, &state.nodes)
            keep(folder: parent, now, &state)
        }
    }

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
    private func keep(folder place: UInt32, _ now: Int, _ state: inout State) {
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
                return entry(place, facts, now, state)
            }
        }
        return try result.get()
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
                if isFolder, let prefix = key(of: place, state) { state.pages.forget(below: prefix) }
                state.nodes.pin(oldParent)
                defer { state.nodes.unpin(oldParent) }
                let isMoved = name.withUnsafeBytes { name in
                    Result { () throws(SystemError) in try state.nodes.move(place, to: name, in: parent) }
                }
                try isMoved.get()
                if isFolder {
                    state.nodes.forgetFacts(ofFilesBelow: place)
                    if let prefix = key(of: place, state) { state.pages.forget(below: prefix) }
                }
                if var facts {
                    (facts.asked, facts.named) = (now, now)
                    state.nodes[facts: place] = facts
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

/// Somebody of ours who waits for an answer.
final class Answered<Answer: Sendable>: PendingRequest {
    private let continuation: Mutex<CheckedContinuation<Result<Answer, SystemError>, Never>?>

    private init(_ continuation: CheckedContinuation<Result<Answer, SystemError>, Never>) {
        self.continuation = Mutex(continuation)
    }

    deinit { settle(.failure(.ioError)) }

    static func wait(_ body: (Reply<Answer>) -> Void) async throws(SystemError) -> Answer {
        let result = await withCheckedContinuation { continuation in
            let request = Answered(continuation)
            body(Reply(to: request) { request.settle(.success($0)) })
        }
        return try result.get()
    }

    func fail(_ error: SystemError) -> Bool { settle(.failure(error)) }
    func whenAbandoned(_ handler: @escaping @Sendable () -> Void) {}

    @discardableResult
    private func settle(_ result: Result<Answer, SystemError>) -> Bool {
        let waiting = continuation.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        waiting?.resume(returning: result)
        return waiting != nil
    }
}

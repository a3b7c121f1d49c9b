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

    func newKey(
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
    static let longestKey = 1024
}

import ObjectStore
import Platform

/// The folders in which other things are mounted inside of this mount, and those above them. They are there whatever the
/// store says, and keep their numbers: with such a name would go what is mounted on it. No object is ever made for them.
struct MountPoints: Sendable {
    /// By the folder that they are in.
    private var names: [ObjectKey: [[UInt8]]] = [:]
    private var folders: Set<ObjectKey> = []

    /// Paths relative to the root.
    init(_ paths: [RawPath], below root: ObjectKey) {
        for path in paths {
            var folder = root
            for name in path.components.map(\.bytes) {
                let above = folder
                folder = Self.folder(name, in: above)
                if folders.insert(folder).inserted { names[above, default: []].append(name) }
            }
        }
    }

    var isEmpty: Bool { folders.isEmpty }

    func contains(_ folder: ObjectKey) -> Bool { folders.contains(folder) }

    func contains(_ name: UnsafeRawBufferPointer, in folder: ObjectKey) -> Bool {
        folders.contains(Self.folder(Array(name), in: folder))
    }

    func names(in folder: ObjectKey) -> [[UInt8]] { names[folder] ?? [] }

    private static func folder(_ name: [UInt8], in folder: ObjectKey) -> ObjectKey {
        ObjectKey(folder.bytes + name + [UInt8(ascii: "/")])
    }
}

extension BucketTree {
    /// A folder that is there whatever the store says, held once more.
    func mountPoint(
        _ name: UnsafeRawBufferPointer, in parent: UInt32, _ now: Int, _ state: inout State
    ) throws(SystemError) -> Lookup? {
        guard !mountPoints.isEmpty, let prefix = key(of: parent, state), mountPoints.contains(name, in: prefix) else {
            return nil
        }
        let place = try state.nodes.node(name, of: parent, .folder)
        state.nodes.hold(place)
        return .found(entry(place, lastingFacts(of: place, now, state), now, &state))
    }

    /// Of what is there without asking: the root, where other things are mounted, and what is more than an object now.
    func factsOfLasting(_ place: UInt32, _ now: Int, _ state: borrowing State) -> NodeFacts? {
        guard state.nodes.kind(place) == .folder else { return state.local.files[place]?.facts(now) }
        if place == NodeTable.root { return lastingFacts(of: place, now, state) }
        if state.local.folders.contains(place), state.nodes[facts: place] != nil {
            return lastingFacts(of: place, now, state)
        }
        guard !mountPoints.isEmpty, let key = key(of: place, state), mountPoints.contains(key) else { return nil }
        return lastingFacts(of: place, now, state)
    }

    private func lastingFacts(of place: UInt32, _ now: Int, _ state: borrowing State) -> NodeFacts {
        var facts = NodeFacts(asked: now)
        facts.keep(state.nodes[facts: place])
        return facts
    }
}

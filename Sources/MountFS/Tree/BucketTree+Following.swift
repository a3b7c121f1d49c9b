import ObjectStore
import Platform
import Synchronization

/// Names of files that the bucket had given them before anybody here knew.
extension BucketTree {
    /// Folders that were there for the old name only are what the bucket says.
    func follow(_ node: NodeID, to key: ObjectKey) throws(SystemError) {
        let now = settings.now()
        let result = state.withLock { state in
            Result { () throws(SystemError) -> (old: NodeID, folder: NodeID, name: [UInt8])? in
                // One without a name stays behind.
                guard let place = state.nodes.place(node), let parent = state.nodes.parent(place) else { return nil }
                let (folder, name) = try recoveredFolder(of: key, now, &state)
                return (state.nodes.id(parent), state.nodes.id(folder), name)
            }
        }
        guard let (old, folder, name) = try result.get() else { return }
        try move(node, to: name, in: folder, nil)
        letGo(ofFolder: old)
    }

    /// And of those above it, as far as nothing is left in them that the bucket does not know.
    private func letGo(ofFolder node: NodeID) {
        state.withLock { state in
            var folder = state.nodes.place(node)
            while let place = folder, place != NodeTable.root, state.local.folders.contains(place),
                let parent = state.nodes.parent(place)
            {
                let isNeeded =
                    state.local.files.keys.contains { state.nodes.isBelow($0, place) }
                    || state.local.folders.contains { $0 != place && state.nodes.isBelow($0, place) }
                guard !isNeeded else { return }
                state.local.folders.remove(place)
                forgetName(of: place, in: parent, &state)
                state.nodes.unpin(place)
                folder = parent
            }
        }
    }
}

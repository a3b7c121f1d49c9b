import ObjectStore
import Platform

/// What this mount itself has done to names, as far as listings of the bucket may not show it yet, and the files that are more
/// than an object at this moment.
///
/// Nodes are named by their places; whatever stands here pins them.
struct LocalNames {
    struct Change {
        /// The node that has the name; else nothing has.
        var place: UInt32?
        /// Whoever asked the bucket later knows it from there. Nothing: the bucket does not know it yet.
        var at: Int?

        var isThere: Bool { place != nil }
    }

    /// Files that are being written, or that wait to come into the bucket; also those that have no name any more.
    var files: [UInt32: WrittenFile] = [:]
    /// How many handles each open file has.
    var opens: [UInt32: Int] = [:]
    /// Of those that are open, and are no more than objects.
    var versions: [UInt32: OpenVersion] = [:]
    /// Folders that are there as long as the mount is, since everything in them was removed from here.
    var folders: Set<UInt32> = []
    /// By folder and name.
    private var changes: [UInt32: [[UInt8]: Change]] = [:]
    /// Those that the bucket knows, in the order of their times.
    private var settled: [(folder: UInt32, name: [UInt8], at: Int)] = []
    private var past = 0

    func change(_ name: UnsafeRawBufferPointer, in folder: UInt32) -> Change? {
        guard let names = changes[folder] else { return nil }
        return names[Array(name)]
    }

    /// Whether something that was asked for at this time is outdated for a name.
    func overrules(_ name: UnsafeRawBufferPointer, in folder: UInt32, asked: Int) -> Bool {
        guard let change = change(name, in: folder) else { return false }
        return change.at.map { $0 >= asked } ?? true
    }

    /// Names of a folder that are there whatever pages of listings say, with their nodes.
    func namesThere(in folder: UInt32) -> [(name: [UInt8], place: UInt32)] {
        guard let names = changes[folder] else { return [] }
        return names.compactMap { name, change in change.place.map { (name, $0) } }
            .sorted { $0.0.lexicographicallyPrecedes($1.0) }
    }

    /// `place` is the node that has the name from now on, if any has.
    mutating func note(_ name: [UInt8], in folder: UInt32, _ place: UInt32?, at time: Int?, _ nodes: inout NodeTable) {
        if changes[folder] == nil {
            changes[folder] = [:]
            nodes.pin(folder)
        }
        if let place { nodes.pin(place) }
        let old = changes[folder]!.updateValue(Change(place: place, at: time), forKey: name)
        if let place = old?.place { nodes.unpin(place) }
        if let time { settled.append((folder, name, time)) }
    }

    /// The name is what the bucket says from now on.
    mutating func forget(_ name: [UInt8], in folder: UInt32, _ nodes: inout NodeTable) {
        guard let change = changes[folder]?.removeValue(forKey: name) else { return }
        let isLast = changes[folder]!.isEmpty
        if isLast { changes[folder] = nil }
        if let place = change.place { nodes.unpin(place) }
        if isLast { nodes.unpin(folder) }
    }

    /// Forgets what the bucket has known for so long that nothing older is believed any more.
    mutating func forget(before time: Int, _ nodes: inout NodeTable) {
        while past < settled.count, settled[past].at < time {
            let (folder, name, at) = settled[past]
            if changes[folder]?[name]?.at == at { forget(name, in: folder, &nodes) }
            past += 1
        }
        if past > 1024, past * 2 > settled.count {
            settled.removeFirst(past)
            past = 0
        }
    }
}

import ObjectStore
import Platform
import Synchronization

/// Small files that are read in the order of their folder: the next ones are fetched before they are opened, each by a request
/// of its own, so that what a file takes is not the time of a request.
final class FolderAhead: Sendable {
    /// Somebody who reads file after file.
    fileprivate struct Walk {
        /// Those that would show that it goes on, while nothing is fetched ahead.
        var next: Set<ObjectKey> = []
        /// Fetched and not read yet, in their order.
        var ahead: [SharedFile] = []
        /// The last one that was looked at.
        var frontier: ObjectKey
        /// How many to have ahead.
        var depth = 0
    }

    private let neighbours: any Neighbours
    private let walks = Mutex<[Walk]>([])

    init(_ neighbours: any Neighbours) {
        self.neighbours = neighbours
    }

    /// The first read of a small file by one who has opened it.
    func noteRead(of file: FileVersion, _ core: ReadingCore) {
        let dropped = walks.withLock { walks -> [SharedFile] in
            var dropped: [SharedFile] = []
            if let index = walks.firstIndex(where: { $0.expects(file) }) {
                var walk = walks.remove(at: index)
                dropped = walk.advance(to: file, most: core.settings.filesAhead)
                walks.insert(walk, at: 0)
            } else {
                if walks.count == Self.limit { dropped = walks.removeLast().ahead }
                walks.insert(Walk(frontier: file.key), at: 0)
                let next = neighbours.files(after: file.key, count: Self.tolerance)
                walks[0].next = Set(next.map(\.key))
            }
            fill(&walks[0], core)
            return dropped
        }
        for file in dropped { core.dropUnopened(file) }
    }

    private func fill(_ walk: inout Walk, _ core: ReadingCore) {
        let missing = walk.depth - walk.ahead.count
        // A few at once, so that not every read asks for names.
        guard missing > 0, missing >= walk.depth / 4 else { return }
        var ahead = walk.ahead.reduce(0) { $0 + $1.file.size }
        let files = neighbours.files(after: walk.frontier, count: missing)
        for (index, file) in files.enumerated() {
            let isSmall = file.size <= core.settings.smallFile && file.size > 0
            if isSmall {
                let outcome = ahead + file.size <= core.memory.total / 4 ? core.fetchAhead(file) : .refused
                switch outcome {
                case .begun(let shared):
                    walk.ahead.append(shared)
                    ahead += file.size
                case .known: break
                case .refused:
                    // It goes on from there when one of these is read.
                    walk.next = Set(files[index...].prefix(Self.tolerance).map(\.key))
                    walk.depth = max(2, walk.depth / 2)
                    return
                }
            }
            walk.frontier = file.key
        }
    }

    /// Several walks go on at once.
    private static let limit = 8
    /// Several who share the work do not read quite in order.
    private static let tolerance = 8
}

extension FolderAhead.Walk {
    fileprivate func expects(_ file: FileVersion) -> Bool {
        next.contains(file.key) || ahead.contains { $0.file == file }
    }

    /// Goes on to a file. Returns those that were left out too long ago.
    fileprivate mutating func advance(to file: FileVersion, most: Int) -> [SharedFile] {
        if let index = ahead.firstIndex(where: { $0.file == file }) {
            ahead.remove(at: index)
        } else if ahead.isEmpty {
            frontier = file.key
        }
        next = []
        depth = min(max(2, depth) * 2, most)
        let surplus = max(0, ahead.count - depth)
        defer { ahead.removeFirst(surplus) }
        return Array(ahead.prefix(surplus))
    }
}

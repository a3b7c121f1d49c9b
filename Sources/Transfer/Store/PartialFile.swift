import Checksums
import Glibc
import ObjectStore
import Plan
import Platform
import Synchronization

/// A large object on its way: a file in the staging folder that parts are written into side by side, in any order, and beside it
/// the notes of which parts are there. Who is killed goes on with them, unless the machine was started anew since: what the disk
/// then holds of parts that were noted nobody knows.
final class PartialFile: Sendable {
    let item: SourceItem
    let partSize: Int
    let file: SharedDescriptor
    /// The same file, where parts are better written past the page cache.
    let direct: DirectFile?
    /// Its name in the staging folder.
    let name: RawPath
    /// What the whole is compared with, when that can be put together from its parts.
    private let stated: StatedChecksum?
    var algorithm: Checksum.Algorithm? { stated?.algorithm }
    /// So many parts make a piece of that.
    private let partsOfPiece: Int
    private let notes: PartNotes
    private let state: Mutex<State>

    private struct State {
        /// The first of them last.
        var missing: [Int]
        var underWay = 0
        /// What is there, by the first part.
        var runs: [Int: PartNotes.Run]
        /// Records of that.
        var noted: Int
        /// What has come since it was begun, in this run.
        var fetched = 0
        var begun = 1
    }

    /// Takes up what is in the staging folder of this very version, or begins anew.
    init(
        _ item: SourceItem, usualPartSize: Int, _ stated: StatedChecksum?, mode: UInt32, isDirect: Bool,
        in staging: SharedDescriptor
    ) throws(SystemError) {
        self.item = item
        let fitting = stated?.partSize(usual: usualPartSize)
        let partSize = fitting ?? usualPartSize
        let comparable = fitting == nil ? nil : stated
        self.partSize = partSize
        self.stated = comparable
        partsOfPiece = comparable?.pieceSize.map { $0 / partSize } ?? Self.count(of: item.size, partSize)
        let count = Self.count(of: item.size, partSize)
        let head = PartNotes.Head(item: item, partSize: partSize, algorithm: comparable?.algorithm)
        // Of an older version, or of before the machine's last start, the room is taken for the new one.
        name = RawPath(RawPath.partialPrefix + String(StableHash.of(item.path.bytes), radix: 16))
        let notesName = PartNotes.name(of: name)
        if let left = PartNotes.left(notesName, head, of: count, in: staging.file),
            let file = Self.left(name, size: item.size, in: staging.file)
        {
            (self.file, notes) = (file, left.notes)
            // Of what came twice the later counts.
            let runs = Dictionary(left.runs.map { ($0.parts.lowerBound, $0) }) { $1 }
            var missing = Set(0..<count)
            for run in runs.values { missing.subtract(run.parts) }
            state = Mutex(State(missing: missing.sorted(by: >), runs: runs, noted: left.records))
        } else {
            for name in [name, notesName] {
                do throws(SystemError) { try staging.file.remove(name) } catch  where error.code == ENOENT {}
            }
            file = SharedDescriptor(
                try .open(name, in: staging.file, FileFlags.createReadable, mode: mode | 0o200))
            try file.file.reserve(item.size)
            notes = try PartNotes(beginning: notesName, head, in: staging.file)
            state = Mutex(State(missing: (0..<count).reversed(), runs: [:], noted: 0))
        }
        direct = isDirect ? DirectFile(name, in: staging.file, file, partSize: partSize) : nil
    }

    /// What somebody has left of it, unless it is something else by now.
    private static func left(
        _ name: RawPath, size: Int, in folder: borrowing OwnedDescriptor
    ) -> SharedDescriptor? {
        guard let file = try? OwnedDescriptor.open(name, in: folder, O_RDWR), let entry = try? file.entry(),
            entry.kind == .file, entry.size == size, entry.linkCount == 1
        else { return nil }
        return SharedDescriptor(file)
    }

    // MARK: Parts

    /// The next parts that nobody has taken, one beside the other, for one request; `most` is told how many are missing. What
    /// goes past the page cache has buffers of one part.
    func takeParts(_ most: (_ missing: Int) -> Int) -> Range<Int>? {
        state.withLock { state in
            let count = direct == nil ? most(state.missing.count) : 1
            guard let first = state.missing.popLast() else { return nil }
            var parts = first..<first + 1
            while parts.count < count, parts.upperBound % partsOfPiece != 0, state.missing.last == parts.upperBound {
                state.missing.removeLast()
                parts = first..<parts.upperBound + 1
            }
            state.underWay += 1
            return parts
        }
    }

    func range(of parts: Range<Int>) -> Range<Int> {
        parts.lowerBound * partSize..<min(item.size, parts.upperBound * partSize)
    }

    /// Notes that parts are there; true when they were the last.
    func finish(_ parts: Range<Int>, _ checksum: Checksum?) throws(SystemError) -> Bool {
        let run = PartNotes.Run(parts: parts, checksum: checksum)
        let record = state.withLock { state in
            state.runs[parts.lowerBound] = run
            state.fetched += range(of: parts).count
            defer { state.noted += 1 }
            return state.noted
        }
        try notes.write(run, record: record)
        // When the last is found all notes are written: should all have to be fetched again, none comes behind that.
        return state.withLock { state in
            state.underWay -= 1
            return state.missing.isEmpty && state.underWay == 0
        }
    }

    /// How often it was begun.
    var begun: Int { state.withLock { $0.begun } }

    /// All of it is missing again. Returns how many bytes had come.
    func beginAnew() throws(SystemError) -> Int {
        // In this order: what is noted of a part that is being written anew would be worth nothing.
        try notes.forgetAll()
        return state.withLock { state in
            defer {
                state = State(
                    missing: (0..<Self.count(of: item.size, partSize)).reversed(), runs: [:], noted: 0,
                    begun: state.begun + 1)
            }
            return state.fetched
        }
    }

    /// Nothing is missing: a killed run had got so far.
    var isWhole: Bool { state.withLock { $0.missing.isEmpty && $0.underWay == 0 } }

    /// What the stated checksum has to be, put together from those of the parts.
    var checksum: Checksum? {
        guard let stated, var piece = CombinedChecksum(stated.algorithm) else { return nil }
        let runs = state.withLock { $0.runs }
        let count = Self.count(of: item.size, partSize)
        var pieces: [Checksum] = []
        var next = 0
        while next < count {
            let end = min(count, (next / partsOfPiece + 1) * partsOfPiece)
            guard let run = runs[next], let checksum = run.checksum, run.parts.upperBound <= end else { return nil }
            piece.append(checksum, size: range(of: run.parts).count)
            next = run.parts.upperBound
            if next == end {
                pieces.append(piece.checksum)
                piece.forget()
            }
        }
        return stated.checksum(of: pieces)
    }

    /// The object is at its place, or worthless.
    func forgetNotes(in staging: SharedDescriptor) {
        try? staging.file.remove(PartNotes.name(of: name))
    }

    private static func count(of size: Int, _ partSize: Int) -> Int { (size + partSize - 1) / partSize }
}

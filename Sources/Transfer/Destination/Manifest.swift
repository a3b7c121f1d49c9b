import ObjectStore
import Plan
import Platform

/// What a destination holds of ours: every name that a copy made or may have made there, with the size and time it gave
/// them, and for objects the version that was copied. It is what `mirror` may remove, and how an edit of the user's is told
/// from an old version. It is written before the first name is made, so that a copy that is killed has claimed all it could have
/// left behind; when the copy has come to its end, one word at its beginning says so.
///
/// A bucket may have millions of names: in memory is only where in the file each is, and the file itself while it is small.
struct Manifest: Sendable {
    struct Record: Equatable {
        /// Of a file whose size was not known beforehand it is -1.
        var size: Int
        var modified: FileTime
        /// Of an object, and only when the file at this place is known to be of it.
        var version: ObjectVersion?

        init(size: Int, modified: FileTime, version: ObjectVersion? = nil) {
            self.size = size
            self.modified = modified
            self.version = version
        }

        init(_ item: SourceItem) {
            self.init(size: item.hasUnknownSize ? -1 : item.size, modified: item.modified, version: item.version)
        }
    }

    private enum Content {
        case memory([UInt8])
        case file(SharedDescriptor)
    }

    /// Where records are: in the upper bits a part of the path's hash, by which they are ordered, in the lower ones the offset.
    private typealias Place = UInt64
    private static let offsetBits = 40

    /// The run that wrote it came to its end: what differs since was changed by somebody else.
    let isComplete: Bool
    private let content: Content
    private let places: [Place]
    /// What they take of the memory.
    private let shares: [MemoryShare]

    /// What is read at once, and of a single record.
    private static let chunkSize = 1 << 18
    private static let recordSize = 512
    /// The most that is kept in memory.
    private static let mostKept = 8 << 20

    /// An empty one: nothing there is known to be ours.
    init() {
        isComplete = false
        content = .memory([])
        places = []
        shares = []
    }

    /// Nothing when the text is not a whole manifest: then nothing there is known to be ours.
    init?(_ file: SharedDescriptor, memory: MemoryBudget) {
        do throws(SystemError) {
            try self.init(file, size: try file.file.entry().size, memory)
        } catch {
            return nil
        }
    }

    private init?(_ file: SharedDescriptor, size: Int, _ memory: MemoryBudget) throws(SystemError) {
        guard size < 1 << Self.offsetBits else { return nil }
        let share = size <= Self.mostKept ? memory.hold(size) : nil
        var scan = ManifestScan()
        var places: [Place] = []
        var kept: [UInt8] = []
        var offset = 0
        while offset < size {
            var chunk = [UInt8](repeating: 0, count: min(Self.chunkSize, size - offset))
            let result = chunk.withUnsafeMutableBytes { buffer in
                Result { () throws(SystemError) in try file.file.read(into: buffer, at: offset) }
            }
            guard try result.get() == chunk.count else { return nil }
            offset += chunk.count
            if share != nil { kept += chunk }
            let isSound = scan.add(chunk) { path, start in places.append(Self.upper(path) | Place(start)) }
            guard isSound else { return nil }
        }
        guard let isComplete = scan.isComplete, scan.isAtItsEnd else { return nil }
        places.sort()
        self.isComplete = isComplete
        self.places = places
        shares = [memory.charge(places.count * MemoryLayout<Place>.size)] + (share.map { [$0] } ?? [])
        content = share != nil ? .memory(kept) : .file(file)
    }

    private static func upper(_ path: some Sequence<UInt8>) -> Place {
        (StableHash.of(path) >> offsetBits) << offsetBits
    }
    private static func offset(_ place: Place) -> Int { Int(place & ((1 << offsetBits) - 1)) }

    // MARK: Asking

    var isEmpty: Bool { places.isEmpty }

    subscript(path: RawPath) -> Record? { find(path)?.record }

    /// All that is ours but for what is listed; `list` calls with each path of that.
    func surplus<Failure: Error>(
        besides list: ((RawPath) -> Void) throws(Failure) -> Void
    ) throws(Failure) -> Surplus {
        guard !places.isEmpty else { return Surplus() }
        var isListed = [Bool](repeating: false, count: places.count)
        try list { path in
            if let index = find(path)?.index { isListed[index] = true }
        }
        let offsets = places.indices.lazy.filter { !isListed[$0] }.map { Self.offset(places[$0]) }
        return Surplus(self, at: offsets.sorted())
    }

    /// Whether what stands there now is something that we did not put there.
    func isEdited(_ path: RawPath, _ entry: FileEntry) -> Bool {
        guard isComplete, entry.kind == .file, let record = self[path] else { return false }
        return record.size >= 0 && entry.size != record.size || entry.modified != record.modified
    }

    /// Whether a file of an item's size and time can be of the version that is asked for. Of one that we know nothing of we
    /// believe it.
    func holds(_ item: SourceItem) -> Bool {
        guard let record = self[item.path] else { return true }
        return record.version == item.version
    }

    private func find(_ path: RawPath) -> (index: Int, record: Record)? {
        let upper = Self.upper(path.bytes)
        var low = 0
        var high = places.count
        while low < high {
            let middle = (low + high) / 2
            if places[middle] < upper { low = middle + 1 } else { high = middle }
        }
        while low < places.count, places[low] >> Self.offsetBits == upper >> Self.offsetBits {
            if let (found, record) = entry(at: Self.offset(places[low])), found == path { return (low, record) }
            low += 1
        }
        return nil
    }

    /// The record that begins at an offset. A file that cannot be read any more says nothing: then the name is not known to be
    /// ours.
    func entry(at offset: Int) -> (path: RawPath, record: Record)? {
        switch content {
        case .memory(let bytes): return ManifestText.entry(at: offset, in: bytes)
        case .file(let file):
            var size = Self.recordSize
            while true {
                var bytes = [UInt8](repeating: 0xFF, count: size)
                let count = bytes.withUnsafeMutableBytes { try? file.file.read(into: $0, at: offset) }
                guard let count else { return nil }
                if let entry = ManifestText.entry(at: 0, in: bytes) { return entry }
                guard count == size else { return nil }
                size *= 2
            }
        }
    }
}

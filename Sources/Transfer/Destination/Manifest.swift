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

    /// Where a record is; ordered by the hash of its path.
    private struct Place {
        var hash: UInt64
        var offset: Int
        var length: Int32
    }

    /// The run that wrote it came to its end: what differs since was changed by somebody else.
    let isComplete: Bool
    private let content: Content
    private let places: [Place]

    /// What is read at once.
    private static let chunkSize = 1 << 20

    /// An empty one: nothing there is known to be ours.
    init() {
        isComplete = false
        content = .memory([])
        places = []
    }

    /// Nothing when the text is not a whole manifest: then nothing there is known to be ours. `memory`: the most bytes of it that
    /// are kept.
    init?(_ file: SharedDescriptor, memory: Int = 8 << 20) {
        do throws(SystemError) {
            try self.init(file, size: try file.file.entry().size, memory: memory)
        } catch {
            return nil
        }
    }

    private init?(_ file: SharedDescriptor, size: Int, memory: Int) throws(SystemError) {
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
            if size <= memory { kept += chunk }
            let isSound = scan.add(chunk) { path, start, length in
                places.append(Place(hash: Self.hash(path), offset: start, length: Int32(length)))
            }
            guard isSound else { return nil }
        }
        guard let isComplete = scan.isComplete, scan.isAtItsEnd else { return nil }
        places.sort { $0.hash < $1.hash }
        self.isComplete = isComplete
        self.places = places
        content = size <= memory ? .memory(kept) : .file(file)
    }

    private static func hash(_ path: some Sequence<UInt8>) -> UInt64 {
        path.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    // MARK: Asking

    var isEmpty: Bool { places.isEmpty }

    subscript(path: RawPath) -> Record? {
        guard !places.isEmpty else { return nil }
        return index(of: path).flatMap { entry(places[$0])?.record }
    }

    /// All that is ours but for what is listed.
    func records(besides listed: some Sequence<RawPath>) -> [RawPath: Record] {
        guard !places.isEmpty else { return [:] }
        var isListed = [Bool](repeating: false, count: places.count)
        for path in listed {
            if let index = index(of: path) { isListed[index] = true }
        }
        var others: [RawPath: Record] = [:]
        for index in places.indices where !isListed[index] {
            if let (path, record) = entry(places[index]) { others[path] = record }
        }
        return others
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

    private func index(of path: RawPath) -> Int? {
        let hash = Self.hash(path.bytes)
        var low = 0
        var high = places.count
        while low < high {
            let middle = (low + high) / 2
            if places[middle].hash < hash { low = middle + 1 } else { high = middle }
        }
        while low < places.count, places[low].hash == hash {
            if entry(places[low])?.path == path { return low }
            low += 1
        }
        return nil
    }

    /// A file that cannot be read any more says nothing: then the name is not known to be ours.
    private func entry(_ place: Place) -> (path: RawPath, record: Record)? {
        switch content {
        case .memory(let bytes):
            return ManifestText.entry(bytes[place.offset..<place.offset + Int(place.length)])
        case .file(let file):
            var bytes = [UInt8](repeating: 0, count: Int(place.length))
            let count = bytes.withUnsafeMutableBytes { try? file.file.read(into: $0, at: place.offset) }
            return count == bytes.count ? ManifestText.entry(bytes[...]) : nil
        }
    }
}

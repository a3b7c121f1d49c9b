import ObjectStore
import Plan
import Platform

/// What a destination holds of ours: every name that a copy made or may have made there, with the size and time it gave
/// them, and for objects the version that was copied. It is what `mirror` may remove, and how an edit of the user's is told from an old version. It is written before
/// the first name is made, so that a copy that is killed has claimed all it could have left behind; when the copy has come to
/// its end, one word at its beginning says so.
struct Manifest: Equatable {
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

    private(set) var records: [RawPath: Record] = [:]
    /// The run that wrote it came to its end: what differs since was changed by somebody else.
    private(set) var isComplete = false

    /// The two words are of one length: the one is written over the other.
    private static let partial = Array("provision manifest 2 partly \n".utf8)
    static let complete = Array("provision manifest 2 wholly \n".utf8)

    /// An empty one: nothing there is known to be ours.
    init() {}

    /// Whether what stands there now is something that we did not put there.
    func isEdited(_ path: RawPath, _ entry: FileEntry) -> Bool {
        guard isComplete, let record = records[path], entry.kind == .file else { return false }
        return record.size >= 0 && entry.size != record.size || entry.modified != record.modified
    }

    /// Whether a file of an item's size and time can be of the version that is asked for. Of one that we know nothing of we
    /// believe it.
    func holds(_ item: SourceItem) -> Bool {
        guard let record = records[item.path] else { return true }
        return record.version == item.version
    }

    // MARK: Writing

    /// The manifest of a copy that begins: its items, and what else is ours already. The destination itself, `.`, is noted
    /// when we made it. Where the file at a place has the size and time of another version of the object, nobody knows until
    /// the end which of them it is: such a manifest is vague, and has to be written again then.
    static func bytes(
        of items: some Sequence<SourceItem>, besides others: [RawPath: Record], after old: Manifest = Manifest(),
        isRootOurs: Bool
    ) -> (bytes: [UInt8], isVague: Bool) {
        var bytes = partial
        var isVague = false
        for item in items where isRootOurs || item.path != "." {
            var record = Record(item)
            if let before = old.records[item.path], before.version != record.version, before.size == record.size,
                before.modified == record.modified
            {
                record.version = nil
                isVague = true
            }
            append(item.path, record, to: &bytes)
        }
        for (path, record) in others { append(path, record, to: &bytes) }
        return (bytes, isVague)
    }

    private static func append(_ path: RawPath, _ record: Record, to bytes: inout [UInt8]) {
        for number in [record.size, record.modified.seconds, record.modified.nanoseconds] {
            bytes.append(contentsOf: String(number).utf8)
            bytes.append(UInt8(ascii: " "))
        }
        bytes.append(contentsOf: (record.version.map { "v" + $0.text } ?? "").utf8)
        bytes.append(0)
        bytes.append(contentsOf: path.bytes)
        bytes.append(0)
    }

    // MARK: Reading

    /// Nothing when the text is not a whole manifest: then nothing there is known to be ours.
    init?(_ bytes: [UInt8]) {
        guard bytes.starts(with: Self.partial) || bytes.starts(with: Self.complete) else { return nil }
        isComplete = bytes.starts(with: Self.complete)
        var rest = bytes[Self.complete.count...]
        while !rest.isEmpty {
            guard let middle = rest.firstIndex(of: 0), let record = Self.record(rest[..<middle]) else { return nil }
            rest = rest[(middle + 1)...]
            guard let zero = rest.firstIndex(of: 0), zero > rest.startIndex else { return nil }
            records[RawPath(rest[..<zero])] = record
            rest = rest[(zero + 1)...]
        }
    }

    private static func record(_ line: ArraySlice<UInt8>) -> Record? {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let numbers = parts[...2].compactMap { Int(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 3 else { return nil }
        let version = String(decoding: parts[3], as: UTF8.self)
        guard version.isEmpty || version.hasPrefix("v") else { return nil }
        return Record(
            size: numbers[0], modified: FileTime(seconds: numbers[1], nanoseconds: numbers[2]),
            version: version.isEmpty ? nil : ObjectVersion(String(version.dropFirst())))
    }
}

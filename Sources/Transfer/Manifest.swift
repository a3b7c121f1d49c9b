import Plan
import Platform

/// What a destination holds of ours: every name that a copy made or may have made there, with the size and time it gave
/// them. It is what `mirror` may remove, and how an edit of the user's is told from an old version. It is written before
/// the first name is made, so that a copy that is killed has claimed all it could have left behind; when the copy has come to
/// its end, one word at its beginning says so.
struct Manifest: Equatable {
    struct Record: Equatable {
        var size: Int
        var modified: FileTime
    }

    private(set) var records: [RawPath: Record] = [:]
    /// The run that wrote it came to its end: what differs since was changed by somebody else.
    private(set) var isComplete = false

    /// The two words are of one length: the one is written over the other.
    private static let partial = Array("provision manifest 1 partly \n".utf8)
    static let complete = Array("provision manifest 1 wholly \n".utf8)

    /// An empty one: nothing there is known to be ours.
    init() {}

    /// Whether what stands there now is something that we did not put there.
    func isEdited(_ path: RawPath, _ entry: FileEntry) -> Bool {
        guard isComplete, let record = records[path], entry.kind == .file else { return false }
        return entry.size != record.size || entry.modified != record.modified
    }

    // MARK: Writing

    /// The manifest of a copy that begins: its items, and what else is ours already. The destination itself, `.`, is noted
    /// when we made it.
    static func bytes(
        of items: some Sequence<SourceItem>, besides others: [RawPath: Record], isRootOurs: Bool
    ) -> [UInt8] {
        var bytes = partial
        for item in items where isRootOurs || item.path != "." {
            append(item.path, item.size, item.modified, to: &bytes)
        }
        for (path, record) in others { append(path, record.size, record.modified, to: &bytes) }
        return bytes
    }

    private static func append(_ path: RawPath, _ size: Int, _ time: FileTime, to bytes: inout [UInt8]) {
        for number in [size, time.seconds, time.nanoseconds] {
            bytes.append(contentsOf: String(number).utf8)
            bytes.append(UInt8(ascii: " "))
        }
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
            guard let zero = rest.firstIndex(of: 0), let (path, record) = Self.record(rest[..<zero]) else { return nil }
            records[path] = record
            rest = rest[(zero + 1)...]
        }
    }

    private static func record(_ line: ArraySlice<UInt8>) -> (RawPath, Record)? {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, !parts[3].isEmpty else { return nil }
        let numbers = parts[...2].compactMap { Int(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 3 else { return nil }
        let time = FileTime(seconds: numbers[1], nanoseconds: numbers[2])
        return (RawPath(parts[3]), Record(size: numbers[0], modified: time))
    }
}

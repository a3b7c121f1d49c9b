import Platform

/// What a destination holds of ours: every name that a copy made or may have made there, with the size and time it gave
/// them. It is what `mirror` may remove, and how an edit of the user's is told from an old version. It is written before
/// the first name is made, so that a copy that is killed has claimed all it could have left behind.
struct Manifest: Equatable {
    struct Record: Equatable {
        var size: Int
        var modified: FileTime
        var isFolder: Bool
    }

    var records: [RawPath: Record] = [:]
    /// The run that wrote it came to its end: what differs since was changed by somebody else.
    var isComplete = false

    private static let header = "provision manifest 1"

    var bytes: [UInt8] {
        var bytes = Array("\(Self.header) \(isComplete ? "complete" : "partial")\n".utf8)
        for (path, record) in records {
            let kind = record.isFolder ? "d" : "f"
            bytes += "\(kind) \(record.size) \(record.modified.seconds) \(record.modified.nanoseconds) ".utf8
            bytes += path.bytes
            bytes.append(0)
        }
        return bytes
    }

    init() {}

    /// Nothing when the text is not a whole manifest: then nothing there is known to be ours.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        switch String(decoding: bytes[..<end], as: UTF8.self) {
        case Self.header + " complete": isComplete = true
        case Self.header + " partial": isComplete = false
        default: return nil
        }
        var rest = bytes[(end + 1)...]
        while !rest.isEmpty {
            guard let zero = rest.firstIndex(of: 0), let (path, record) = Self.record(rest[..<zero]) else { return nil }
            records[path] = record
            rest = rest[(zero + 1)...]
        }
    }

    private static func record(_ line: ArraySlice<UInt8>) -> (RawPath, Record)? {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, !parts[4].isEmpty else { return nil }
        let numbers = parts[1...3].map { Int(String(decoding: $0, as: UTF8.self)) }
        guard let size = numbers[0], let seconds = numbers[1], let nanoseconds = numbers[2] else { return nil }
        let time = FileTime(seconds: seconds, nanoseconds: nanoseconds)
        return (RawPath(parts[4]), Record(size: size, modified: time, isFolder: parts[0].elementsEqual("d".utf8)))
    }

    /// Whether what stands there now is something that we did not put there.
    func isEdited(_ path: RawPath, _ entry: FileEntry) -> Bool {
        guard isComplete, let record = records[path], entry.kind == .file else { return false }
        return entry.size != record.size || entry.modified != record.modified
    }
}

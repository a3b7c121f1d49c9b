import ObjectStore
import Platform

/// A manifest as bytes: a line that says whether its copy came to an end, then for each name its size, seconds, nanoseconds and
/// version, a NUL, the name, and another NUL.
enum ManifestText {
    /// The two words are of one length: the one is written over the other.
    static let partial = Array("provision manifest 2 partly \n".utf8)
    static let complete = Array("provision manifest 2 wholly \n".utf8)

    static func append(_ path: RawPath, _ record: Manifest.Record, to bytes: inout [UInt8]) {
        for number in [record.size, record.modified.seconds, record.modified.nanoseconds] {
            bytes.append(contentsOf: String(number).utf8)
            bytes.append(UInt8(ascii: " "))
        }
        bytes.append(contentsOf: (record.version.map { "v" + $0.text } ?? "").utf8)
        bytes.append(0)
        bytes.append(contentsOf: path.bytes)
        bytes.append(0)
    }

    /// One name with all that belongs to it, up to its last NUL.
    static func entry(_ bytes: ArraySlice<UInt8>) -> (path: RawPath, record: Manifest.Record)? {
        guard let middle = bytes.firstIndex(of: 0), bytes.last == 0 else { return nil }
        let path = bytes[(middle + 1)...].dropLast()
        guard !path.isEmpty, let record = record(bytes[..<middle]) else { return nil }
        return (RawPath(path), record)
    }

    /// The same where only is known where it begins; nothing when its end is not there.
    static func entry(at start: Int, in bytes: [UInt8]) -> (path: RawPath, record: Manifest.Record)? {
        guard let middle = bytes[start...].firstIndex(of: 0), let end = bytes[(middle + 1)...].firstIndex(of: 0) else {
            return nil
        }
        return entry(bytes[start...end])
    }

    private static func record(_ line: ArraySlice<UInt8>) -> Manifest.Record? {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let numbers = parts[...2].compactMap { Int(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 3 else { return nil }
        let version = String(decoding: parts[3], as: UTF8.self)
        guard version.isEmpty || version.hasPrefix("v") else { return nil }
        return Manifest.Record(
            size: numbers[0], modified: FileTime(seconds: numbers[1], nanoseconds: numbers[2]),
            version: version.isEmpty ? nil : ObjectVersion(String(version.dropFirst())))
    }
}

/// Goes through a manifest chunk by chunk.
struct ManifestScan {
    private(set) var isComplete: Bool?
    /// What belongs to the next chunk: a head or a name that is not whole yet.
    private var rest: [UInt8] = []
    private var offset = 0

    /// Nothing is left that would be a part of something.
    var isAtItsEnd: Bool { rest.isEmpty }

    /// Calls `found` with each path and where its entry begins; false when it is no manifest.
    mutating func add(_ chunk: [UInt8], found: (ArraySlice<UInt8>, Int) -> Void) -> Bool {
        rest += chunk
        var start = 0
        if isComplete == nil {
            let size = ManifestText.complete.count
            guard rest.count >= size else { return true }
            isComplete = rest.starts(with: ManifestText.complete)
            guard isComplete == true || rest.starts(with: ManifestText.partial) else { return false }
            start = size
        }
        while let middle = rest[start...].firstIndex(of: 0), let end = rest[(middle + 1)...].firstIndex(of: 0) {
            guard ManifestText.entry(rest[start...end]) != nil else { return false }
            found(rest[(middle + 1)..<end], offset + start)
            start = end + 1
        }
        rest.removeFirst(start)
        offset += start
        return true
    }
}

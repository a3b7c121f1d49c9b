import CShims
import Glibc
import JSON
import Platform

/// The records of one staged file, in a file of their own that only grows, until it is written anew in short.
///
/// A record is there when the call that wrote it has returned, also when the process is killed at once; an end that was cut
/// off is as if it had never been. What a machine that loses its power leaves is what was there at the last
/// `synchronize`, and perhaps some of what came behind it.
///
/// A record has 32 bytes at a multiple of 32, so that none lies on the border of two pages and is written half; records
/// that need words have them behind it. Each is checked by a CRC32C.
struct StagingLog: Sendable {
    private var file: SharedDescriptor
    private let folder: SharedDescriptor
    private let name: RawPath
    private var end: Int
    /// The last record, if it is of bytes that were written: who goes on where it ended makes it longer.
    private var lastWritten: Range<Int>?
    /// When to write it anew.
    private var roomBeforeShortening: Int

    static let limit = 256 << 20
    private static let entry = 32
    private static let leastLength = 64 << 10

    private enum Kind: UInt8 {
        case wrote = 1
        case words = 2
    }

    /// Begins a log; there must be none of the name.
    init(_ name: RawPath, in folder: SharedDescriptor, _ state: StagedState) throws(SystemError) {
        self.folder = folder
        self.name = name
        file = SharedDescriptor(try .open(name, in: folder.file, FileFlags.createReadable, mode: 0o600))
        (end, roomBeforeShortening) = (0, Self.leastLength)
        try append(.began(state))
    }

    /// What a process before this one has left; nothing when there is not so much as a beginning.
    static func left(
        _ name: RawPath, in folder: SharedDescriptor
    ) throws(SystemError) -> (log: StagingLog, state: StagedState)? {
        let file = SharedDescriptor(try .open(name, in: folder.file, O_RDWR))
        let bytes = try FileReading.bytes(from: file.file.raw, limit: limit)
        var state: StagedState?
        var end = 0
        while let (record, next) = record(in: bytes, at: end) {
            switch (record, state) {
            case (.began(let beginning), _): state = beginning
            case (_, nil): return nil
            default: state?.apply(record)
            }
            end = next
        }
        guard let state else { return nil }
        return (StagingLog(file, name, folder, end: end), state)
    }

    private init(_ file: SharedDescriptor, _ name: RawPath, _ folder: SharedDescriptor, end: Int) {
        self.file = file
        self.name = name
        self.folder = folder
        self.end = end
        roomBeforeShortening = max(Self.leastLength, end * 2)
    }

    // MARK: Writing

    mutating func append(_ record: StagingRecord) throws(SystemError) {
        guard case .wrote(let range) = record else {
            try append(.words, 0..<0, Array(record.words.compact.utf8))
            lastWritten = nil
            return
        }
        if let last = lastWritten, last.upperBound == range.lowerBound {
            let longer = last.lowerBound..<range.upperBound
            try file.file.write(Self.bytes(.wrote, longer, []), at: end - Self.entry)
            lastWritten = longer
        } else {
            try append(.wrote, range, [])
            lastWritten = range
        }
    }

    private mutating func append(_ kind: Kind, _ range: Range<Int>, _ words: [UInt8]) throws(SystemError) {
        let bytes = Self.bytes(kind, range, words)
        try file.file.write(bytes, at: end)
        end += bytes.count
    }

    /// Writes it anew once it has become long for what it says.
    mutating func shortenIfLong(_ state: StagedState) throws(SystemError) {
        guard end > roomBeforeShortening else { return }
        let bytes = Self.bytes(.words, 0..<0, Array(StagingRecord.began(state).words.compact.utf8))
        try folder.file.replace(name, mode: 0o600) { file throws(SystemError) in
            try file.write(bytes)
            // What was on the disk for certain shall stay so.
            try file.synchronize()
        }
        file = SharedDescriptor(try .open(name, in: folder.file, O_RDWR))
        end = bytes.count
        lastWritten = nil
        roomBeforeShortening = max(Self.leastLength, end * 4)
    }

    func synchronize() throws(SystemError) { try file.file.synchronize() }

    // MARK: Bytes

    private static func bytes(_ kind: Kind, _ range: Range<Int>, _ words: [UInt8]) -> [UInt8] {
        let padded = (words.count + entry - 1) / entry * entry
        return [UInt8](unsafeUninitializedCapacity: entry + padded) { buffer, count in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
            bytes[4] = kind.rawValue
            bytes.storeBytes(of: UInt64(range.lowerBound).littleEndian, toByteOffset: 8, as: UInt64.self)
            bytes.storeBytes(of: UInt64(range.upperBound).littleEndian, toByteOffset: 16, as: UInt64.self)
            bytes.storeBytes(of: UInt64(words.count).littleEndian, toByteOffset: 24, as: UInt64.self)
            UnsafeMutableRawBufferPointer(rebasing: bytes[entry...]).copyBytes(from: words)
            bytes.storeBytes(of: crc(UnsafeRawBufferPointer(bytes)), as: UInt32.self)
            count = entry + padded
        }
    }

    private static func record(in bytes: [UInt8], at start: Int) -> (StagingRecord, end: Int)? {
        guard start + entry <= bytes.count else { return nil }
        return bytes.withUnsafeBytes { bytes in
            func number(_ offset: Int) -> Int? {
                Int(exactly: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start + offset, as: UInt64.self)))
            }
            guard let count = number(24), count <= bytes.count - start - entry else { return nil }
            let end = start + entry + (count + entry - 1) / entry * entry
            guard end <= bytes.count else { return nil }
            let whole = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            guard whole.loadUnaligned(as: UInt32.self) == crc(whole), let kind = Kind(rawValue: whole[4]) else {
                return nil
            }
            switch kind {
            case .wrote:
                guard let lower = number(8), let upper = number(16), lower <= upper else { return nil }
                return (.wrote(lower..<upper), end)
            case .words:
                let words = whole[entry..<entry + count]
                guard let record = (try? JSONValue(reading: words)).flatMap(StagingRecord.init(words:)) else {
                    return nil
                }
                return (record, end)
            }
        }
    }

    /// Of all but the checksum itself.
    private static func crc(_ record: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: shim_crc_update(shim_crc32c, 0, record.baseAddress! + 4, record.count - 4))
            .littleEndian
    }
}

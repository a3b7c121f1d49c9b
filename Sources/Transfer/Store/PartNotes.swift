import Checksums
import Glibc
import ObjectStore
import Plan
import Platform

/// Which parts of a large object are there, written down beside it: a head that says of what, and behind it a record for what
/// came with each request.
struct PartNotes: Sendable {
    /// Parts that came by one request.
    struct Run {
        let parts: Range<Int>
        let checksum: Checksum?
    }

    /// What has to be the same for parts to be of use.
    struct Head {
        let item: SourceItem
        let partSize: Int
        let algorithm: Checksum.Algorithm?

        fileprivate var bytes: [UInt8] {
            let facts = [
                "provision parts 2", MachineStart.id, String(item.size), String(partSize), algorithm?.rawValue ?? "-",
                item.version?.text ?? "-", "",
            ]
            return Array(facts.joined(separator: "\n").utf8) + item.path.bytes + [0]
        }
    }

    private let file: SharedDescriptor
    private let headSize: Int

    private static let recordSize = 16
    private static let longest = 1 << 28

    static func name(of file: RawPath) -> RawPath { RawPath(file.bytes + Array(".notes".utf8)) }

    /// Nothing is there yet.
    init(beginning name: RawPath, _ head: Head, in folder: borrowing OwnedDescriptor) throws(SystemError) {
        let head = head.bytes
        file = SharedDescriptor(try .open(name, in: folder, FileFlags.create, mode: 0o600))
        try file.file.write(head, at: 0)
        headSize = head.count
    }

    private init(_ file: consuming OwnedDescriptor, headSize: Int) {
        self.file = SharedDescriptor(file)
        self.headSize = headSize
    }

    /// What somebody has left of the same thing: what of its `count` parts is there, and how many records say so.
    static func left(
        _ name: RawPath, _ head: Head, of count: Int, in folder: borrowing OwnedDescriptor
    ) -> (notes: PartNotes, runs: [Run], records: Int)? {
        let start = head.bytes
        guard let notes = try? OwnedDescriptor.open(name, in: folder, O_RDWR),
            let bytes = try? FileReading.bytes(from: notes.raw, limit: longest), bytes.starts(with: start)
        else { return nil }
        // A record that was cut off is none.
        let records = (bytes.count - start.count) / recordSize
        let runs = (0..<records).compactMap { number in
            let begin = start.count + number * recordSize
            return run(bytes[begin..<begin + recordSize], head.algorithm, of: count)
        }
        return (PartNotes(notes, headSize: start.count), runs, records)
    }

    // MARK: Records

    func write(_ run: Run, record number: Int) throws(SystemError) {
        try file.file.write(Self.record(of: run), at: headSize + number * Self.recordSize)
    }

    func forgetAll() throws(SystemError) { try file.file.resize(to: headSize) }

    /// The first part, counted from one, and the last, counted from zero; then the checksum where one was asked for.
    private static func record(of run: Run) -> [UInt8] {
        let number = UInt64(run.parts.upperBound - 1) << 32 | UInt64(run.parts.lowerBound + 1)
        let checksum = run.checksum?.bytes ?? []
        return (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
            + checksum + [UInt8](repeating: 0, count: 8 - checksum.count)
    }

    private static func run(_ record: ArraySlice<UInt8>, _ algorithm: Checksum.Algorithm?, of count: Int) -> Run? {
        let number = record.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // A place that was reserved and never written.
        guard number > 0 else { return nil }
        let (first, last) = (Int(number & 0xFFFF_FFFF) - 1, Int(number >> 32))
        guard first >= 0, first <= last, last < count else { return nil }
        let checksum = algorithm.map { Checksum($0, Array(record.dropFirst(8).prefix($0.size))) }
        return Run(parts: first..<last + 1, checksum: checksum)
    }
}

import Glibc
import ObjectStore
import Platform

/// Names of a folder with what the listing says of each, one behind the other in a single piece of memory, in the order
/// of their keys.
struct PackedEntries: Sendable {
    private var bytes: [UInt8] = []
    private var offsets: [UInt32] = []
    /// Places in the order of the names, where that is another: keys of folders have a slash at their ends.
    private var order: [UInt32]?
    /// Of objects whose metadata are known.
    private var details: [UInt32: ObjectDetails] = [:]

    var count: Int { offsets.count }
    var indices: Range<Int> { 0..<offsets.count }
    /// What it takes in memory, nearly.
    var footprint: Int { bytes.capacity + offsets.capacity * 4 + (order?.count ?? 0) * 4 + details.count * 256 + 512 }

    // MARK: Making

    mutating func reserve(_ count: Int) {
        offsets.reserveCapacity(count)
        bytes.reserveCapacity(count * 96)
    }

    mutating func append(folder name: some RandomAccessCollection<UInt8>) { begin(name, .folder) }

    mutating func append(_ object: ObjectInfo, name: some RandomAccessCollection<UInt8>) {
        let isLink = if case .symlink = object.kind { true } else { false }
        let known = isLink || !object.metadata.isEmpty ? ObjectDetails(object) : nil
        details[UInt32(offsets.count)] = known
        begin(name, ObjectDetails.kind(object, known))
        PackedNumber.append(UInt64(object.size), to: &bytes)
        PackedNumber.append(signed: object.modified.inNanoseconds, to: &bytes)
        PackedNumber.append(object.mode.map { UInt64($0) + 1 } ?? 0, to: &bytes)
        PackedNumber.append(UInt64(object.version.text.utf8.count), to: &bytes)
        bytes.append(contentsOf: object.version.text.utf8)
    }

    /// Nothing more comes.
    mutating func finish() {
        let isInOrder = (1..<max(1, count)).allSatisfy { compare($0 - 1, $0) < 0 }
        if !isInOrder { order = (0..<UInt32(count)).sorted { compare(Int($0), Int($1)) < 0 } }
    }

    private mutating func begin(_ name: some RandomAccessCollection<UInt8>, _ kind: NodeKind) {
        offsets.append(UInt32(bytes.count))
        bytes.append(kind.rawValue)
        bytes.append(UInt8(name.count))
        bytes.append(contentsOf: name)
    }

    // MARK: Reading

    func kind(_ index: Int) -> NodeKind { NodeKind(rawValue: bytes[Int(offsets[index])]) ?? .file }

    func withName<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeBytes { body(Self.name($0, offsets[index])) }
    }

    func facts(_ index: Int, asked: Int) -> NodeFacts {
        var facts = NodeFacts(asked: asked)
        let kind = kind(index)
        guard kind != .folder else { return facts }
        var at = afterName(index)
        facts.size = Int(PackedNumber.read(bytes, at: &at))
        facts.modified = PackedNumber.readSigned(bytes, at: &at)
        let mode = PackedNumber.read(bytes, at: &at)
        if mode != 0 { facts.mode = UInt32(mode - 1) }
        let count = Int(PackedNumber.read(bytes, at: &at))
        facts.version = ObjectVersion(String(decoding: bytes[at..<at + count], as: UTF8.self))
        facts.details = details[UInt32(index)]
        return facts
    }

    func find(_ name: UnsafeRawBufferPointer) -> Int? {
        bytes.withUnsafeBytes { bytes in
            var (low, high) = (0, count)
            while low < high {
                let middle = (low + high) / 2
                let index = order.map { Int($0[middle]) } ?? middle
                let result = Self.compare(Self.name(bytes, offsets[index]), name)
                if result == 0 { return index }
                if result < 0 { low = middle + 1 } else { high = middle }
            }
            return nil
        }
    }

    private func afterName(_ index: Int) -> Int {
        let start = Int(offsets[index])
        return start + 2 + Int(bytes[start + 1])
    }

    private func compare(_ left: Int, _ right: Int) -> Int {
        bytes.withUnsafeBytes { Self.compare(Self.name($0, offsets[left]), Self.name($0, offsets[right])) }
    }

    private static func name(_ bytes: UnsafeRawBufferPointer, _ offset: UInt32) -> UnsafeRawBufferPointer {
        let start = Int(offset)
        return UnsafeRawBufferPointer(rebasing: bytes[start + 2..<start + 2 + Int(bytes[start + 1])])
    }

    private static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let order = memcmp(left.baseAddress!, right.baseAddress!, min(left.count, right.count))
        return order == 0 ? left.count - right.count : Int(order)
    }
}

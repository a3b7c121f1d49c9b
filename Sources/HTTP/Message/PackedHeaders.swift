/// Header lines one behind the other: the lengths of name and value, then `name: value` and a zero, as curl takes it.
struct PackedHeaders: Sendable, Equatable {
    /// A line where it lies, good for as long as the call that it was given to.
    struct Line {
        let name: UnsafeRawBufferPointer
        let value: UnsafeRawBufferPointer

        /// The whole line, which ends with a zero.
        var text: UnsafePointer<CChar> { name.baseAddress!.assumingMemoryBound(to: CChar.self) }

        /// Neither empty nor able to end the line and begin another.
        var isSendable: Bool {
            !name.isEmpty && name.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ":") && $0 < 0x80 }
                && value.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
        }

        func isNamed(_ other: StaticString) -> Bool { areSame(name, other) }
    }

    private var bytes: [UInt8] = []

    private static let lengths = 2 * MemoryLayout<UInt32>.size
    private static let separator = 2

    mutating func append(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        if bytes.isEmpty { bytes.reserveCapacity(512) }
        append(length: name.count)
        append(length: value.count)
        bytes.append(contentsOf: name)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: value)
        bytes.append(0)
    }

    mutating func append(_ others: PackedHeaders) {
        bytes.append(contentsOf: others.bytes)
    }

    private mutating func append(length: Int) {
        withUnsafeBytes(of: UInt32(length)) { bytes.append(contentsOf: $0) }
    }

    func forEach(_ body: (Line) -> Void) {
        _ = first { line, _ in
            body(line)
            return false
        }
    }

    func value(of name: UnsafeRawBufferPointer) -> String? {
        var value: String?
        _ = first { line, _ in
            guard Self.areSame(line.name, name) else { return false }
            value = String(decoding: line.value, as: UTF8.self)
            return true
        }
        return value
    }

    /// All of this name.
    mutating func remove(_ name: UnsafeRawBufferPointer) {
        while let place = first(where: { line, _ in Self.areSame(line.name, name) }) { bytes.removeSubrange(place) }
    }

    /// More of the last value, behind a space.
    mutating func continueLast(_ text: UnsafeRawBufferPointer) {
        var last: (name: [UInt8], value: [UInt8], place: Range<Int>)?
        _ = first { line, place in
            if place.upperBound == bytes.count { last = (Array(line.name), Array(line.value), place) }
            return false
        }
        guard let (name, value, place) = last else { return }
        bytes.removeSubrange(place)
        let longer = value + [UInt8(ascii: " ")] + text
        name.withUnsafeBytes { name in longer.withUnsafeBytes { append(name, $0) } }
    }

    /// Where the first line stands that is wanted.
    private func first(where isWanted: (Line, Range<Int>) -> Bool) -> Range<Int>? {
        bytes.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let nameCount = Int(bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self))
                let valueCount = Int(
                    bytes.loadUnaligned(fromByteOffset: start + MemoryLayout<UInt32>.size, as: UInt32.self))
                let name = start + Self.lengths
                let value = name + nameCount + Self.separator
                let end = value + valueCount + 1
                let line = Line(
                    name: UnsafeRawBufferPointer(rebasing: bytes[name..<name + nameCount]),
                    value: UnsafeRawBufferPointer(rebasing: bytes[value..<value + valueCount]))
                if isWanted(line, start..<end) { return start..<end }
                start = end
            }
            return nil
        }
    }

    /// The same name, in any case.
    static func areSame(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        // Names of one length mostly differ in their ends: `x-amz-…`.
        for index in left.indices.reversed() where lowered(left[index]) != lowered(right[index]) { return false }
        return true
    }

    static func areSame(_ left: UnsafeRawBufferPointer, _ right: StaticString) -> Bool {
        areSame(left, UnsafeRawBufferPointer(start: right.utf8Start, count: right.utf8CodeUnitCount))
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

/// Bytes that look like noise, without end: the same piece again and again, of a length that is no multiple of
/// anything, so that what arrives at the wrong place is seen.
final class Pattern: @unchecked Sendable {
    /// A prime number.
    static let length = 1_048_583
    private let bytes: UnsafeMutableRawBufferPointer

    init() {
        bytes = .allocate(byteCount: Self.length, alignment: 4096)
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for index in 0..<Self.length {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes[index] = UInt8(truncatingIfNeeded: state >> 56)
        }
    }

    deinit {
        bytes.deallocate()
    }

    /// Where they lie.
    func pieces(of range: Range<Int>) -> [UnsafeRawBufferPointer] {
        var pieces: [UnsafeRawBufferPointer] = []
        var offset = range.lowerBound
        while offset < range.upperBound {
            let start = offset % Self.length
            let count = min(range.upperBound - offset, Self.length - start)
            pieces.append(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)]))
            offset += count
        }
        return pieces
    }
}

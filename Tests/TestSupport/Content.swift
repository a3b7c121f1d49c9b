/// Bytes that tell where they are.
public enum Content {
    /// Each eight bytes are their place and the seed, mixed.
    public static func bytes(_ count: Int, seed: UInt64) -> [UInt8] { bytes(in: 0..<count, seed: seed) }

    /// A piece of them.
    public static func bytes(in range: Range<Int>, seed: UInt64) -> [UInt8] {
        let first = range.lowerBound / 8
        let words = (range.upperBound + 7) / 8 - first
        let bytes = [UInt8](unsafeUninitializedCapacity: words * 8) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            for index in 0..<words {
                var word = (UInt64(first + index) &+ seed &* 0x1_0000_0000_01B3) &* 0x9E37_79B9_7F4A_7C15
                word ^= word >> 29
                raw.storeBytes(of: word, toByteOffset: index * 8, as: UInt64.self)
            }
            initialized = words * 8
        }
        guard range.lowerBound % 8 != 0 || bytes.count != range.count else { return bytes }
        let start = range.lowerBound - first * 8
        return Array(bytes[start..<start + range.count])
    }
}

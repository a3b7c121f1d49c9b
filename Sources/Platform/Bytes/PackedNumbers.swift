/// Whole numbers in as few bytes as they need, seven bits in each.
public enum PackedNumber {
    public static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Negative numbers near zero are short as well.
    public static func append(signed number: Int, to bytes: inout [UInt8]) {
        append(UInt64(bitPattern: Int64((number << 1) ^ (number >> 63))), to: &bytes)
    }

    /// Reads what `append` wrote and moves the index behind it.
    public static func read(_ bytes: [UInt8], at index: inout Int) -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = bytes[index]
            index += 1
            number |= UInt64(byte & 0x7F) << shift
            guard byte & 0x80 != 0 else { return number }
            shift += 7
        }
    }

    public static func readSigned(_ bytes: [UInt8], at index: inout Int) -> Int {
        let number = read(bytes, at: &index)
        return Int(Int64(bitPattern: number >> 1)) ^ -Int(number & 1)
    }
}

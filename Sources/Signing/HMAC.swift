import Checksums

/// Keyed hashes of RFC 2104.
public enum HMAC {
    public static func sha256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        let key = key.count > SHA256.blockSize ? SHA256.digest(key) : key
        return SHA256.digest(padded(key, 0x5C) + SHA256.digest(padded(key, 0x36, room: message.count) + message))
    }

    /// The key made as long as a block, each byte changed by the padding byte.
    private static func padded(_ key: [UInt8], _ padding: UInt8, room: Int = SHA256.size) -> [UInt8] {
        var block: [UInt8] = []
        block.reserveCapacity(SHA256.blockSize + room)
        for byte in key { block.append(byte ^ padding) }
        block.append(contentsOf: repeatElement(padding, count: SHA256.blockSize - key.count))
        return block
    }
}

import CShims

/// CRC-32C as a number, of bytes that are all at hand: for whoever checks thousands of small blocks.
public enum CRC32C {
    public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: shim_crc_update(shim_crc32c, 0, bytes.baseAddress, bytes.count))
    }
}

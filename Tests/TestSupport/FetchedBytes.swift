/// Memory that bytes were fetched into. Nobody changes it, which is why it is unchecked.
public final class FetchedBytes: @unchecked Sendable {
    public let bytes: UnsafeRawBufferPointer

    public init(_ content: [UInt8]) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count, alignment: 16)
        memory.copyBytes(from: content)
        bytes = UnsafeRawBufferPointer(memory)
    }

    deinit {
        bytes.deallocate()
    }
}

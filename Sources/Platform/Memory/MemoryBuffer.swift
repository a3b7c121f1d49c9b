import Glibc

/// A large piece of memory: whoever has taken it from a budget owns it until it is given back, which is why it is unchecked.
public struct MemoryBuffer: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer

    /// Also of pages: memory in large ones costs less.
    private static let alignment = 2 << 20

    init(_ size: Int) {
        memory = .allocate(byteCount: size, alignment: Self.alignment)
        // Advice, which may be ignored.
        if size >= Self.alignment { madvise(memory.baseAddress!, size, MADV_HUGEPAGE) }
    }

    public var count: Int { memory.count }

    public func prefix(_ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
    }

    func deallocate() { memory.deallocate() }
}

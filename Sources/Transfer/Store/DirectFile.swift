import Platform

/// A large file on a disk that is written past the page cache. The cache would be filled with what nobody has asked for yet
/// and push out what is in use, and through it every byte costs a copy; half of the time that a large copy takes the processor
/// goes there.
struct DirectFile: Sendable {
    private let file: SharedDescriptor
    /// The same file by way of the cache, for what is no whole block.
    private let usual: SharedDescriptor

    /// No disk has larger blocks; parts begin at multiples of it, or nothing is written so.
    private static let block = 4096

    /// Nothing where that is of no use, or the file system cannot.
    init?(_ name: RawPath, in folder: borrowing OwnedDescriptor, _ usual: SharedDescriptor, partSize: Int) {
        guard partSize % Self.block == 0, (try? usual.file.isInMemory()) == false,
            let file = try? OwnedDescriptor.open(name, in: folder, FileFlags.writeDirectly)
        else { return nil }
        self.file = SharedDescriptor(file)
        self.usual = usual
    }

    /// `bytes` and `offset` lie on blocks; the end need not.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
        var whole = bytes.count / Self.block * Self.block
        if whole > 0 {
            do throws(SystemError) {
                try file.file.write(UnsafeRawBufferPointer(rebasing: bytes[..<whole]), at: offset)
            } catch  where error.isRefusal {
                whole = 0
            }
        }
        guard whole < bytes.count else { return }
        try usual.file.write(UnsafeRawBufferPointer(rebasing: bytes[whole...]), at: offset + whole)
    }
}

extension SystemError {
    /// Some file systems open a file so and then do not write it so.
    fileprivate var isRefusal: Bool { [22, 95].contains(code) }
}

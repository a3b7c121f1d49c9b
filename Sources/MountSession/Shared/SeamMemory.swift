import CShims
import Glibc
import Platform

/// The beginning of the memory that keeper and sessions share, mapped: the seam's own part.
struct SeamMemory: ~Copyable {
    static let size = Int(shim_fuse_kept_size)

    let kept: OpaquePointer

    /// A new memory file, which nobody else knows.
    static func makeFile() throws(SystemError) -> OwnedDescriptor {
        let file = OwnedDescriptor(owning: try SystemError.check { shim_memory_file("provision-mount") })
        try file.resize(to: size)
        return file
    }

    init(_ file: borrowing OwnedDescriptor) throws(SystemError) {
        let address = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, file.raw, 0)
        guard let address, address != UnsafeMutableRawPointer(bitPattern: -1) else { throw SystemError() }
        kept = OpaquePointer(address)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(kept), Self.size)
    }
}

import Glibc
import Platform
import Synchronization

/// Records of fixed size in memory that outlives the process: what the kernel holds, for the session after a crash.
///
/// A record is a node with the beginning of its name, or what comes behind that of a longer name. The file grows as more
/// are needed and is mapped anew then, so that nobody may keep an address. One thread at a time uses it: that of whoever
/// holds the tree's lock. Unchecked because of the mapping, which is ours alone.
final class NodeMemory: @unchecked Sendable {
    /// Byte by byte the same for every version of this program that may follow another on a mount.
    struct Record {
        enum Use: UInt8 {
            case free, node, name
        }

        /// How often the place was used before.
        var generation: UInt32 = 0
        var use: UInt8 = 0
        var kind: UInt8 = 0
        var nameLength: UInt8 = 0
        /// Nothing leads to it by name any more.
        var isDetached: Bool = false
        var parent: UInt32 = 0
        /// Where the name goes on.
        var rest: UInt32 = 0
        var lookups: UInt64 = 0
        /// Of the version that was opened as this node, and may be open still; else 0.
        var opened: UInt64 = 0
    }

    static let recordSize = 64
    static let nameStart = 32
    static let restStart = 16

    private static let magic: UInt64 = 0x3130_4544_4F4E_7670
    private static let step = 1 << 20

    private let kept: KeptMemory
    private var base: UnsafeMutableRawPointer
    private var mapped: Int

    init(_ kept: KeptMemory) throws(SystemError) {
        self.kept = kept
        let size = try kept.file.file.entry().size - kept.start
        mapped = max(Self.step, size)
        base = try Self.map(kept, mapped)
        if base.load(as: UInt64.self) != Self.magic {
            base.storeBytes(of: 1, toByteOffset: 8, as: UInt32.self)
            base.storeBytes(of: Self.magic, as: UInt64.self)
        }
    }

    deinit {
        munmap(base, mapped)
    }

    /// One more than the highest place that was ever used. The place 0 holds what is said of all.
    var end: UInt32 {
        get { base.load(fromByteOffset: 8, as: UInt32.self) }
        set { base.storeBytes(of: newValue, toByteOffset: 8, as: UInt32.self) }
    }

    /// The requests by which folders are just being moved: what is left of the place 0.
    var movesOfFolders: UnsafeMutableBufferPointer<UInt64> {
        UnsafeMutableBufferPointer(start: (base + 16).assumingMemoryBound(to: UInt64.self), count: 6)
    }

    /// A place that was never used.
    func addPlace() throws(SystemError) -> UInt32 {
        let place = end
        guard place < .max else { throw SystemError(code: ENOSPC) }
        if (Int(place) + 1) * Self.recordSize > mapped {
            let larger = mapped + max(Self.step, mapped / 2 & ~(Self.step - 1))
            let address = try Self.map(kept, larger)
            munmap(base, mapped)
            base = address
            mapped = larger
        }
        end = place + 1
        return place
    }

    subscript(place: UInt32) -> Record {
        get { base.load(fromByteOffset: Int(place) * Self.recordSize, as: Record.self) }
        set { base.storeBytes(of: newValue, toByteOffset: Int(place) * Self.recordSize, as: Record.self) }
    }

    /// The bytes of the place from an offset in it on.
    func bytes(of place: UInt32, from offset: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            start: base + Int(place) * Self.recordSize + offset, count: Self.recordSize - offset)
    }

    /// What was written before is there when what is written afterwards is, whenever the process dies.
    func keepOrder() { atomicMemoryFence(ordering: .sequentiallyConsistent) }

    private static func map(_ kept: KeptMemory, _ size: Int) throws(SystemError) -> UnsafeMutableRawPointer {
        if try kept.file.file.entry().size < kept.start + size { try kept.file.file.resize(to: kept.start + size) }
        let address = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, kept.file.file.raw, off_t(kept.start))
        guard let address, address != UnsafeMutableRawPointer(bitPattern: -1) else { throw SystemError() }
        return address
    }
}

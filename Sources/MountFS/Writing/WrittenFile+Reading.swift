import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

/// Programs read a file that is being written as it is at this moment: what was written here from the disk, the rest from the
/// object that it was.
extension WrittenFile {
    func read(_ count: Int, at offset: Int, through reading: ObjectReading, _ reply: Reply<FileBytes>) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 4096)
        do throws(SystemError) {
            let bytes = try staged.read(
                UnsafeMutableRawBufferPointer(rebasing: memory[..<max(0, count)]), at: offset)
            guard let first = bytes.ofBase.first, let last = bytes.ofBase.last else {
                reply.answer(.one(UnsafeRawBufferPointer(rebasing: memory[..<bytes.count])))
                memory.deallocate()
                return
            }
            guard let object = bytes.base.flatMap(StoredObject.init(words:)) else { throw SystemError(code: EIO) }
            let request = BaseRequest(
                self, object, bytes, WantedRange(count: count, offset: offset), memory, reading, reply)
            opened(object, reading).read(
                last.upperBound - first.lowerBound, at: first.lowerBound,
                Reply(to: request) { request.deliver($0) })
        } catch {
            memory.deallocate()
            reply.fail(error)
        }
    }

    private func opened(_ object: StoredObject, _ reading: ObjectReading) -> OpenObject {
        state.withLock { state in
            if let base = state.base, base.object == object, !base.open.hasEnded { return base.open }
            let open = reading.open(
                FileVersion(key: object.key, size: object.size, version: object.version))
            state.base = (object, open)
            return open
        }
    }
}

private struct WantedRange: Sendable {
    let count: Int
    let offset: Int
}

/// Somebody waits for bytes of the object, between which others are that came from the disk. Unchecked: the memory belongs to
/// one after the other, and at last to nobody.
private final class BaseRequest: PendingRequest, @unchecked Sendable {
    private let file: WrittenFile
    private let object: StoredObject
    private let bytes: StagedFile.Bytes
    private let wanted: WantedRange
    private let memory: UnsafeMutableRawBufferPointer
    private let reading: ObjectReading
    private let reply: Reply<FileBytes>

    init(
        _ file: WrittenFile, _ object: StoredObject, _ bytes: StagedFile.Bytes, _ wanted: WantedRange,
        _ memory: UnsafeMutableRawBufferPointer, _ reading: ObjectReading, _ reply: Reply<FileBytes>
    ) {
        self.file = file
        self.object = object
        self.bytes = bytes
        self.wanted = wanted
        self.memory = memory
        self.reading = reading
        self.reply = reply
    }

    deinit { memory.deallocate() }

    func deliver(_ content: FileBytes) -> Bool {
        let start = bytes.ofBase[0].lowerBound
        var pieces: [UnsafeRawBufferPointer]
        switch content {
        case .none: pieces = []
        case .one(let piece): pieces = [piece]
        case .pieces(let several): pieces = several
        }
        let count = pieces.reduce(0) { $0 + $1.count }
        guard start + count >= bytes.ofBase.last!.upperBound else { return fail(.ioError) }
        var at = start
        for piece in pieces {
            for range in bytes.ofBase {
                let part = range.clamped(to: at..<at + piece.count)
                guard !part.isEmpty else { continue }
                let source = UnsafeRawBufferPointer(rebasing: piece[part.lowerBound - at..<part.upperBound - at])
                UnsafeMutableRawBufferPointer(
                    rebasing: memory[part.lowerBound - wanted.offset..<part.upperBound - wanted.offset]
                ).copyMemory(from: source)
            }
            at += piece.count
        }
        return reply.answer(.one(UnsafeRawBufferPointer(rebasing: memory[..<bytes.count])))
    }

    /// The file may have become another object meanwhile, which has the bytes, and nobody may have heard of that yet.
    func fail(_ error: SystemError) -> Bool {
        guard error.code == ESTALE else { return reply.fail(error) }
        if readOfNext() { return true }
        guard file.mayHaveMovedOn else { return reply.fail(error) }
        file.begin { [self] file in
            await file.whileStill { await file.hearOfAll() }
            if !readOfNext() { _ = reply.fail(error) }
        }
        return true
    }

    private func readOfNext() -> Bool {
        guard file.staged.state.base.flatMap(StoredObject.init(words:)) != object else { return false }
        file.read(wanted.count, at: wanted.offset, through: reading, reply)
        return true
    }

    func whenAbandoned(_ handler: @escaping @Sendable () -> Void) { reply.whenAbandoned(handler) }
}

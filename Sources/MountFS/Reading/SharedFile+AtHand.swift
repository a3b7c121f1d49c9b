import Platform
import Synchronization

/// What a cache has and the kernel has in memory: it is answered at once by the thread that asks, out of memory that the
/// processor has at hand as well, and nothing is fetched ahead of it.
extension SharedFile {
    /// False when there is anything to wait for.
    func answerAtHand(_ range: Range<Int>, by reader: Reader, _ reply: Reply<FileBytes>) -> Bool {
        guard core.origin.isLocal, state.withLock({ $0.end == nil && $0.parts.overlapping(range).isEmpty }),
            let memory = BlockMemory(ahead: Self.pooledSize(range.count), of: core.memory)
        else { return false }
        let bytes = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<range.count])
        guard core.origin.readAtHand(range, of: file, into: bytes) else { return false }
        let isFirst = state.withLock { _ in
            defer { reader.hasRead = true }
            // So that who comes to the end of what is there is known.
            _ = reader.runs.note(range, tick: core.nextTick)
            return !reader.hasRead
        }
        reply.answer(.one(UnsafeRawBufferPointer(bytes)))
        withExtendedLifetime(memory) {}
        if isFirst, isSmall { core.folders?.noteRead(of: file, core) }
        return true
    }

    /// Memory of this size was probably used a moment ago.
    private static func pooledSize(_ count: Int) -> Int {
        var size = BlockMemory.pooled
        while size < count { size *= 2 }
        return size
    }
}

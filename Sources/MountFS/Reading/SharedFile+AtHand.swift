import Platform
import Synchronization

/// What a cache has and the kernel has in memory: it is answered at once by the thread that asks, out of memory that the
/// processor has at hand as well, and nothing is fetched ahead of it.
extension SharedFile {
    /// False when there is anything to wait for.
    func answerAtHand(_ range: Range<Int>, by reader: Reader, _ reply: Reply<FileBytes>) -> Bool {
        let isFree = state.withLock { state in
            state.end == nil && state.parts.overlapping(range).isEmpty
                && (state.check == nil || range.upperBound < file.size)
        }
        guard core.origin.isLocal, isFree else { return false }
        let isAnswered = core.atHand.passWaiting { () -> Bool in
            guard let memory = BlockMemory(ahead: Self.pooledSize(range.count), of: core.memory) else { return false }
            return withExtendedLifetime(memory) {
                let bytes = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<range.count])
                guard core.origin.readAtHand(range, of: file, into: bytes) else { return false }
                reply.answer(.one(UnsafeRawBufferPointer(bytes)))
                return true
            }
        }
        if isAnswered { note(range, by: reader) }
        return isAnswered
    }

    /// So that who comes to the end of what is there is known.
    private func note(_ range: Range<Int>, by reader: Reader) {
        let isFirst = state.withLock { _ in
            defer { reader.hasRead = true }
            _ = reader.runs.note(range, tick: core.nextTick)
            return !reader.hasRead
        }
        if isFirst, isSmall { core.folders?.noteRead(of: file, core) }
    }

    /// Memory of this size was probably used a moment ago.
    private static func pooledSize(_ count: Int) -> Int {
        var size = BlockMemory.pooled
        while size < count { size *= 2 }
        return size
    }
}

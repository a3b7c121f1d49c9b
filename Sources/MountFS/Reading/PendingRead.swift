import Platform

/// A read that has begun. Everything but the answer happens under the lock of its file, which is why it is unchecked; the
/// answer is given once, by whoever has settled it.
final class PendingRead: @unchecked Sendable {
    let range: Range<Int>
    let reader: Reader
    /// In milliseconds of the clock that nobody sets.
    let deadline: Int
    let reply: Reply<FileBytes>
    /// Where its bytes are, in their order.
    var pieces: [MemoryPiece] = []
    /// How many of them are not there yet.
    var missing = 0
    /// Somebody is to answer it, or has.
    var isSettled = false
    /// Whether the kernel has been asked to say when nobody waits any more.
    var isWatched = false

    init(_ range: Range<Int>, by reader: Reader, deadline: Int, _ reply: Reply<FileBytes>) {
        self.range = range
        self.reader = reader
        self.deadline = deadline
        self.reply = reply
    }

    /// With all bytes there.
    func answer() {
        let bytes = pieces.map { UnsafeRawBufferPointer($0.bytes) }
        reply.answer(bytes.count == 1 ? .one(bytes[0]) : .pieces(bytes))
        // They are copied while the reply is answered.
        withExtendedLifetime(pieces) {}
        pieces = []
    }

    func fail(_ error: SystemError) {
        reply.fail(error)
        pieces = []
    }
}

/// What is remembered of a handle that reads. Changed under the lock of its file only, which is why it is unchecked.
final class Reader: @unchecked Sendable {
    var runs = ReadRuns()
    var hasRead = false
}

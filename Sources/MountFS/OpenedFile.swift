import Platform
import Synchronization

/// A file that a program has open: an object, or what is being written.
final class OpenedFile: Sendable {
    enum Content {
        case object(OpenObject)
        case written(WrittenFile)
    }

    private struct State {
        var content: Content
        /// Of whoever may write.
        var writer: WriterHandle?
    }

    let node: NodeID
    private let state: Mutex<State>

    init(_ node: NodeID, _ object: OpenObject) {
        self.node = node
        state = Mutex(State(content: .object(object)))
    }

    init(_ node: NodeID, _ file: WrittenFile, _ writer: WriterHandle?) {
        self.node = node
        state = Mutex(State(content: .written(file), writer: writer))
    }

    /// Somebody begins to write to what was an object: from now on its readers see what is written.
    func become(_ file: WrittenFile) {
        let old = state.withLock { state in
            defer { state.content = .written(file) }
            return state.content
        }
        if case .object(let object) = old { object.close() }
    }

    /// What was written is not to be; its readers see the object again.
    func become(_ object: OpenObject) {
        state.withLock { state in
            state.content = .object(object)
            state.writer = nil
        }
    }

    func read(_ count: Int, at offset: Int, through reading: ObjectReading, _ reply: Reply<FileBytes>) {
        switch state.withLock({ $0.content }) {
        case .object(let object): object.read(count, at: offset, reply)
        case .written(let file): file.read(count, at: offset, through: reading, reply)
        }
    }

    /// Of what is no more than an object.
    var version: VersionMark? {
        if case .object(let object) = state.withLock({ $0.content }) { VersionMark(object.file) } else { nil }
    }

    func close() {
        if case .object(let object) = state.withLock({ $0.content }) { object.close() }
    }

    // MARK: Writers

    /// Of handles that may write.
    var written: WrittenFile? {
        state.withLock { state in
            if case .written(let file) = state.content, state.writer != nil { file } else { nil }
        }
    }

    var mayWrite: Bool { state.withLock { $0.writer != nil } }
    var isTorn: Bool { state.withLock { $0.writer?.isTorn ?? false } }

    func noteWrite() { state.withLock { $0.writer?.wrote() } }

    /// Its program was killed before it heard that it is open.
    func noteDeath() { state.withLock { $0.writer?.doubt() } }

    func noteSynchronize() { state.withLock { $0.writer?.synchronize() } }

    func noteClose(by closer: WriterHandle.Closer) -> WriterHandle.Verdict {
        state.withLock { $0.writer?.close(by: closer) ?? .nothing }
    }

    func noteRelease() -> WriterHandle.Verdict { state.withLock { $0.writer?.release() ?? .nothing } }
}

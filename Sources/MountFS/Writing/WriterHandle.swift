/// Somebody who has a file open for writing, and whether what they leave is whole.
///
/// The kernel says FLUSH at every close of every duplicate: also of a shell that only moves a descriptor before anything is
/// written, of children that close what they have inherited, and of a process that is dying. Only a close by whoever has
/// opened the file, with something written, says that it is whole. A process that dies from a signal says the contrary,
/// unless it only appended: then what is there is as whole as it ever will be.
struct WriterHandle: Sendable, Equatable {
    /// The process that opened it; 0 where the kernel cannot tell, as of another namespace.
    let opener: Int32
    let appends: Bool
    /// Since it was opened, or was last found whole.
    private(set) var hasWritten = false
    /// Whoever wrote died in the middle of it.
    private(set) var isTorn = false

    init(opener: Int32, appends: Bool) {
        self.opener = opener
        self.appends = appends
    }

    /// Who closes it, as far as that can be known.
    struct Closer: Sendable, Equatable {
        /// 0 where the kernel cannot tell.
        var process: Int32
        /// A signal is ending it at this moment.
        var isDying: Bool
    }

    enum Verdict: Sendable, Equatable {
        /// The close says nothing about the file.
        case nothing
        /// The file is whole as it is now.
        case whole
    }

    mutating func wrote() { hasWritten = true }

    /// A session before this one has crashed. It had heard that the writer was dying; or there are bytes that nobody had called
    /// whole, and the word that their writer was dying may have gone with the session. So they are torn until somebody calls them
    /// whole.
    mutating func doubt() { isTorn = !appends }

    /// FLUSH.
    mutating func close(by closer: Closer) -> Verdict {
        if closer.isDying, !appends {
            isTorn = true
            return .nothing
        }
        guard hasWritten, closer.process == opener || closer.process == 0 || opener == 0 else { return .nothing }
        hasWritten = false
        isTorn = false
        return .whole
    }

    /// FSYNC: whoever asks for it wants what is there to last.
    mutating func synchronize() {
        hasWritten = false
        isTorn = false
    }

    /// RELEASE, of a file with something in it that was not found whole, or that was made and never written.
    func release() -> Verdict { isTorn ? .nothing : .whole }
}

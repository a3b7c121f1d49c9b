import Glibc
public import Platform

/// What a file is opened for.
public struct Access: Sendable, Equatable {
    public var reads: Bool
    public var writes: Bool
    /// Begins empty.
    public var truncates: Bool
    public var appends: Bool
    /// It must be new.
    public var isExclusive: Bool

    /// From the flags of open(2).
    public init(flags: Int32) {
        let mode = flags & O_ACCMODE
        reads = mode != O_WRONLY
        writes = mode != O_RDONLY
        truncates = flags & O_TRUNC != 0
        appends = flags & O_APPEND != 0
        isExclusive = flags & O_EXCL != 0
    }

    /// Of what is mounted read-only this may be opened.
    public var onlyReads: Bool { !writes && !truncates }
}

/// Something that was opened, and how the kernel shall treat it.
public struct OpenFile: Sendable, Equatable {
    public enum Caching: Sendable, Equatable {
        /// What is remembered of the content is forgotten now.
        case fresh
        /// It is the content that was seen last: what is remembered stays.
        case kept
        /// Nothing is remembered: every read is passed on as it is.
        case none
        /// It begins empty and is only written to: what is written goes past what is remembered, if that costs nobody else the
        /// sight of it, and as `fresh` if it does.
        case passing
    }

    public var handle: HandleID
    public var caching: Caching
    /// Whether `flush` is wanted with each close. Of what is opened for reading alone it seldom is, and costs a
    /// request.
    public var wantsFlush: Bool
    /// The kernel has to ask for the size before it believes one: it reads no further.
    public var hasNewSize = false
    /// Of what cannot change while it is open: which content it is, by a number that is the same in every process.
    public var version: UInt64?
    /// The same content in a file of this machine.
    public var local: LocalContent?

    public init(_ handle: HandleID, _ caching: Caching = .fresh, wantsFlush: Bool = false) {
        self.handle = handle
        self.caching = caching
        self.wantsFlush = wantsFlush
    }

    /// Of whoever may write.
    init(writing handle: HandleID, _ access: Access, isNew: Bool = false) {
        let isEmpty = isNew || access.truncates
        self.init(handle, isEmpty && !access.reads ? .passing : .fresh, wantsFlush: true)
    }
}

/// A file of this machine that has all that an object has, and was found to be right.
public final class LocalContent: Sendable, Equatable {
    /// Open for reading, as long as there is this.
    public let descriptor: Int32
    private let owner: any AnyObject & Sendable

    public init(_ descriptor: Int32, ownedBy owner: any AnyObject & Sendable) {
        self.descriptor = descriptor
        self.owner = owner
    }

    public static func == (one: LocalContent, other: LocalContent) -> Bool { one === other }
}

extension SystemError {
    public static let readOnly = SystemError(code: EROFS)
    public static let noSuchAttribute = SystemError(code: ENODATA)
    public static let notThereAtAll = SystemError(code: ENOSYS)
    static let beyondEnd = SystemError(code: ENXIO)
}

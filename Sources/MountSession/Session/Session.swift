import CFuse
import CShims
import Glibc
import MountFS
import Platform

/// libfuse's requests, given to a file system. One process has one session.
final class Session: Sendable {
    let fileSystem: any FileSystem
    let waiting = WaitingList()
    /// Nothing where nothing can be written.
    private let saving: SavingReports?
    /// The kernel forgets what it remembers of the places of a file that are written past its cache.
    let writesPastCache: Bool
    /// Nothing where the kernel reads no other file in the place of ours.
    let modes: OpenModes?

    init(_ fileSystem: any FileSystem, _ saving: SavingReports?, writesPastCache: Bool, _ modes: OpenModes?) {
        self.fileSystem = fileSystem
        self.saving = saving
        self.writesPastCache = writesPastCache
        self.modes = modes
    }

    /// Has the file system called, on the thread that has read the request. What the program that waits is about to
    /// change is not interrupted: whether it was done or not would be unknown.
    static func serve(
        _ request: fuse_req_t?, isInterruptible: Bool = true, changes: Bool = false,
        _ body: (any FileSystem, Exchange) -> Void
    ) {
        guard let request, let seam = fuse_req_userdata(request) else { return }
        let session = Unmanaged<Session>.fromOpaque(shim_fuse_seam_owner(OpaquePointer(seam)))
        session._withUnsafeGuaranteedRef { session in
            let exchange = Exchange(request, of: session, isInterruptible: isInterruptible)
            if changes { session.saving?.poke() }
            body(session.fileSystem, exchange)
            exchange.callbackHasReturned()
        }
    }

    static func change(_ request: fuse_req_t?, _ body: (any FileSystem, Exchange) -> Void) {
        serve(request, isInterruptible: false, changes: true, body)
    }

    /// Everything that is understood. What is not here is answered ENOSYS by libfuse, and the kernel does without:
    /// locks are its own then, and a copy of a range is a read and a write.
    static let operations: fuse_lowlevel_ops = {
        var operations = fuse_lowlevel_ops()
        // The keeper has promised the kernel the same.
        operations.`init` = { _, connection in connection?.pointee.max_write = UInt32(Session.largestWrite) }
        operations.addLooking()
        operations.addReading()
        operations.addFolders()
        operations.addExtendedAttributes()
        operations.addChangingNames()
        operations.addChangingContent()
        return operations
    }()

    /// The most that libfuse's buffers take.
    static let largestWrite = 1 << 20

    /// Nearly: only values of extended attributes may be larger where nothing is written.
    var largestRequest: Int { (saving == nil ? 0 : Self.largestWrite) + 2 * 4096 }
}

extension Caller {
    init(_ request: fuse_req_t) {
        let context = fuse_req_ctx(request).pointee
        self.init(user: context.uid, group: context.gid, thread: context.pid, umask: context.umask)
    }

    /// Who opens a file for writing.
    init(opening request: fuse_req_t) {
        self.init(request)
        process = CallingThread.process(of: thread)
        self.request = Self.number
    }

    /// Who renames something.
    init(renaming request: fuse_req_t) {
        self.init(request)
        self.request = Self.number
    }

    /// The same when it comes again.
    private static var number: UInt64 { shim_fuse_current() & ~shim_fuse_resent }

    /// Who closes one.
    init(closing request: fuse_req_t) {
        self.init(opening: request)
        isDying = CallingThread.wasKilled(thread)
    }
}

extension UnsafeRawBufferPointer {
    /// A name or a value as C hands it over.
    init(text: UnsafePointer<CChar>) {
        self.init(start: text, count: strlen(text))
    }
}

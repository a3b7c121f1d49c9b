import CFuse
import CShims
import Glibc
public import MountFS
import Platform
import Synchronization

/// The life of a session: a process that its keeper has started for one mount, and starts again when it crashes.
///
/// It reads its order, makes the file system, gives libfuse the INIT request that the keeper has answered long ago,
/// sees to what a dead predecessor has left unanswered, and serves until the mount is gone and all that was written is
/// in the bucket. It ends with the keeper, too, so that a mount without anybody who looks after it is seen to be dead
/// (ENOTCONN), and with nothing else: whoever sends signals to all processes, as systems do when they stop, must not cut
/// off what still writes.
public enum SessionProcess {
    /// What a file system is made from.
    public struct Start: Sendable {
        /// As the keeper was given it.
        public let configuration: [UInt8]
        public let memory: KeptMemory
        /// Tells the keeper what goes wrong while it serves.
        public let tell: @Sendable (SessionTrouble) -> Void
        /// Tells it what goes to and fro.
        public let traffic: TrafficReports
    }

    /// How many requests are taken apart at the same time. They wait for nothing, except for disks.
    private static let threads: UInt32 = 16

    public static func run(_ makeFileSystem: (Start) throws(SessionFailure) -> any FileSystem) -> Never {
        for number in [SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM] { signal(number, SIG_IGN) }
        // What is being written takes two descriptors for each file.
        OpenFileLimit.raise()
        // Without it nobody would ever hear that the mount is ready.
        guard let reports = try? ReportPipe() else { _exit(ExitStatus.systemRefused.rawValue) }
        do throws(SessionFailure) {
            try serve(makeFileSystem, reports)
            _exit(ExitStatus.done.rawValue)
        } catch {
            reports.send(.failed(error))
            _exit(error.exitStatus.rawValue)
        }
    }

    private static func serve(
        _ makeFileSystem: (Start) throws(SessionFailure) -> any FileSystem, _ reports: ReportPipe
    ) throws(SessionFailure) {
        let configuration = try attempt("the session's order cannot be read") { () throws(SystemError) in
            try SessionOrder.read(from: SessionDescriptors.order)
        }
        let memory = SharedDescriptor(OwnedDescriptor(owning: SessionDescriptors.memory))
        let seamMemory = try attempt("the mount's memory cannot be mapped") { () throws(SystemError) in
            try SeamMemory(memory.file)
        }
        let isFirst = shim_fuse_begin_session(seamMemory.kept) == 1
        let drains = Drains()
        try listenToKeeper(drains)
        let kept = KeptMemory(memory, start: SeamMemory.size, isFresh: isFirst)
        let traffic = TrafficReports(reports)
        let start = Start(
            configuration: configuration, memory: kept, tell: { reports.send(.trouble($0)) }, traffic: traffic)
        let fileSystem = try makeFileSystem(start)
        let saving = try attempt("no descriptor can be had") { () throws(SystemError) in
            try SavingReports(fileSystem, reports)
        }
        if let saving {
            saving.tellWhatWasFound()
            try startThread("saving") { saving.run() }
        }
        drains.begin { number in
            if let saving { saving.drain(number) } else { reports.send(.drained(number)) }
        }
        // Since Linux 6.6, as the flag.
        let writesPastCache = shim_fuse_offers(seamMemory.kept, shim_fuse_direct_mmap)
        let passes = shim_fuse_granted(seamMemory.kept, shim_fuse_passthrough)
        let modes = passes ? OpenModes(seamMemory.openTable, .init(device: SessionDescriptors.device)) : nil
        let session = Session(fileSystem, saving, writesPastCache: writesPastCache, modes)
        let interrupts = try startInterruptWatch(session)
        guard let fuse = begin(session, seamMemory, interrupts: interrupts) else {
            throw SessionFailure("libfuse does not begin", exitStatus: .systemRefused)
        }
        if !isFirst { takeOver(seamMemory) }
        reports.send(.serving)
        let result = cfuse_serve(fuse, threads)
        guard result == 0 else {
            throw SessionFailure("serving has failed", SystemError(code: abs(result)))
        }
        saving?.finish()
        traffic.tellLast()
    }

    /// libfuse's session, which has seen INIT. It lasts until the process ends, and what it refers to as well.
    private static func begin(
        _ session: Session, _ memory: borrowing SeamMemory, interrupts: Int32
    ) -> OpaquePointer? {
        let owner = Unmanaged.passRetained(session).toOpaque()
        guard let seam = shim_fuse_seam_new(memory.kept, interrupts, session.largestRequest, owner) else { return nil }
        var operations = Session.operations
        let fuse = cfuse_session(
            &operations, SessionDescriptors.device, shim_fuse_read, shim_fuse_writev, UnsafeMutableRawPointer(seam))
        guard let fuse, cfuse_serve_one(fuse) > 0 else { return nil }
        return fuse
    }

    /// Sees to the requests that were read and not answered, before any other is read.
    private static func takeOver(_ memory: borrowing SeamMemory) {
        guard shim_fuse_resend_unanswered(SessionDescriptors.device, memory.kept) != 0 else { return }
        // Before Linux 6.9 nobody can ask for them again.
        shim_fuse_fail_unanswered(SessionDescriptors.device, memory.kept, EIO)
    }

    /// The other end of the pipe is the keeper's; when it is closed the keeper has died.
    private static func listenToKeeper(_ drains: Drains) throws(SessionFailure) {
        try startThread("keeper") {
            var number: UInt8 = 0
            while true {
                let count = read(SessionDescriptors.order, &number, 1)
                if count == 1 { drains.want(number) }
                if count == 0 || count == -1 && errno != EINTR { _exit(ExitStatus.temporary.rawValue) }
            }
        }
    }

    /// What the keeper wants in the bucket; it may want that before there is a file system.
    private final class Drains: Sendable {
        private struct State {
            var waiting: [UInt8] = []
            var drain: (@Sendable (UInt8) -> Void)?
        }

        private let state = Mutex(State())

        func want(_ number: UInt8) {
            let drain = state.withLock { state in
                if state.drain == nil { state.waiting.append(number) }
                return state.drain
            }
            drain?(number)
        }

        func begin(_ drain: @escaping @Sendable (UInt8) -> Void) {
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                state.drain = drain
                return state.waiting
            }
            for number in waiting { drain(number) }
        }
    }

    /// Returns where the numbers of interrupted requests are to be written.
    private static func startInterruptWatch(_ session: Session) throws(SessionFailure) -> Int32 {
        var ends: [Int32] = [-1, -1]
        try attempt("no pipe can be had") { () throws(SystemError) in
            try SystemError.check { shim_pipe_without_waiting(&ends) }
        }
        let watch = InterruptWatch(waiting: session.waiting, numbers: ends[0])
        try startThread("interrupts") { watch.run() }
        return ends[1]
    }

    private static func startThread(
        _ name: StaticString, _ body: @escaping @Sendable () -> Void
    ) throws(SessionFailure) {
        guard MaskedThread.start(named: name, body) != nil else {
            throw SessionFailure("no thread can be had", exitStatus: .systemRefused, isRetryable: true)
        }
    }

    @discardableResult
    private static func attempt<Success: ~Copyable>(
        _ what: String, _ body: () throws(SystemError) -> Success
    ) throws(SessionFailure) -> Success {
        do throws(SystemError) {
            return try body()
        } catch {
            throw SessionFailure(what, error)
        }
    }
}

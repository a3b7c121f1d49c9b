import Glibc
public import Platform

/// `provision __supervisor STATE-DIR NAME`: the process that stays behind while a task has mounts. It has a session of
/// its own, nothing of its caller but the log as standard output and error, and hears of its work over the socket.
public enum SupervisorProcess {
    public static let word = "__supervisor"
    /// Behind the others: it mounts in namespaces of its own, for users who may not mount.
    static let apart = "apart"
    /// Where it tells, once, what has become of its start.
    static let announcement: Int32 = 3
    /// Nobody has connected to it so long after its start: whoever wanted it was killed.
    private static let patience = 30_000

    public static func run(_ words: [String], _ environment: Environment) -> Never {
        guard words.count == 2 || words.count == 3 && words[2] == apart else { _exit(ExitStatus.usage.rawValue) }
        // While there are no threads yet.
        let doors = words.count == 3 ? enterNamespaces() : nil
        let signals = SignalWait()
        // No folder of the caller's shall be in use because of us.
        _ = chdir("/")
        let folder = TaskFolder(StateFolder(at: words[0]), task: words[1])
        let lock: SharedDescriptor
        let listener: LocalListener
        let socket = folder.socket(environment)
        let supervisor: Supervisor
        do {
            supervisor = try Supervisor(
                folder, doors: doors, isAskedToEnd: { signals.isAnyPending }, changed: { signals.wake() })
            _ = try folder.make()
            guard let taken = try folder.takeLock() else {
                announce(.taken)
                _exit(ExitStatus.done.rawValue)
            }
            lock = taken
            supervisor.clearUp()
            _ = try TrustedPath(socket.parent).makeFolder(mode: 0o700)
            listener = try LocalListener(at: socket)
        } catch let failure as TrustedPath.Failure {
            fail(failure.reason)
        } catch let error as SystemError {
            fail("\(socket.text): \(error.description)")
        } catch {
            fail("it cannot start")
        }
        guard MaskedThread.start(named: "listener", { accept(listener, supervisor) }) != nil else {
            fail("no thread can be had")
        }
        announce(.ready)
        serve(supervisor, signals)
        folder.removeSocket(environment)
        // The lock goes with the process, so that whoever gets it finds nothing of this one.
        _exit(withExtendedLifetime(lock) { ExitStatus.done.rawValue })
    }

    /// The sessions that it starts there have no rights of its; it keeps them, and so it can unmount.
    private static func enterNamespaces() -> OwnNamespaces.Doors {
        do {
            try OwnNamespaces.enter()
            return try .ofThisProcess()
        } catch let refusal as OwnNamespaces.Refusal {
            fail("no user namespace can be had (\(refusal.step): \(refusal.error.description))")
        } catch {
            fail("no user namespace can be had: \(error)")
        }
    }

    /// Until there is nothing left to do.
    private static func serve(_ supervisor: Supervisor, _ signals: SignalWait) {
        let start = MonotonicTime.milliseconds
        var asked = 0
        while true {
            let signal = signals.next(milliseconds: patience)
            if signal != nil {
                asked += 1
                supervisor.drain(isUrgent: asked > 1)
            }
            let isYoung = !supervisor.wasAsked && MonotonicTime.milliseconds - start < patience && asked == 0
            if !isYoung, supervisor.mayEnd() { return }
        }
    }

    private static func accept(_ listener: LocalListener, _ supervisor: Supervisor) {
        let log = TaskLog("supervisor")
        while true {
            do throws(SystemError) {
                let connection = try listener.accept()
                let user = try connection.peer()
                guard user == geteuid() || user == 0 else {
                    log.write("user \(user) has tried to connect")
                    continue
                }
                supervisor.serve(connection)
            } catch {
                log.write("nobody can connect: \(error.description)")
                Threads.sleep(milliseconds: 1000)
            }
        }
    }

    // MARK: What becomes of the start

    enum Announcement: Equatable {
        case ready
        /// Another one is there, or just ending.
        case taken
        case failed(String)

        var text: String {
            switch self {
            case .ready: "ready"
            case .taken: "taken"
            case .failed(let reason): reason
            }
        }

        /// Nothing when it has ended without a word.
        init?(_ text: String) {
            switch text {
            case "": return nil
            case "ready": self = .ready
            case "taken": self = .taken
            default: self = .failed(text)
            }
        }
    }

    private static func announce(_ announcement: Announcement) {
        var text = announcement.text
        _ = text.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: Self.announcement) }
        close(Self.announcement)
    }

    private static func fail(_ reason: String) -> Never {
        TaskLog("supervisor").write(reason)
        announce(.failed(reason))
        _exit(ExitStatus.systemRefused.rawValue)
    }
}

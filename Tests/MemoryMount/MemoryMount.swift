import Glibc
import MountFS
import MountSession
import Platform

/// `memory-mount DESTINATION [SETTING…]` mounts the tree of `MemoryTree`, keeps it, and says on standard output what
/// happens. SIGTERM unmounts, SIGHUP detaches, SIGINT cuts off. Settings are the tree's; or of the mount: `cover`,
/// `readonly`, `file`, `ahead=KIB`, `start=MILLISECONDS`, `deaths=N`; or of the session: `refuse`, `crash`,
/// `crash-later`, `hang`, `crash-at-root`.
@main
enum MemoryMount {
    static func main() {
        StandardStream.prepare()
        let words = CommandLine.arguments
        if words.count > 1, words[1] == "__session" { serve() }
        guard words.count > 1 else { exit(ExitStatus.usage.rawValue) }
        exit(keep(words[0], RawPath(words[1]), Array(words.dropFirst(2))).rawValue)
    }

    // MARK: The session

    static func serve() -> Never {
        SessionProcess.run { start throws(SessionFailure) in
            let text = String(decoding: start.configuration, as: UTF8.self)
            let words = text.split(separator: " ")
            if words.contains("refuse") {
                throw SessionFailure("it is refused", hint: "for a test", exitStatus: .denied, isRetryable: true)
            }
            if words.contains("crash") || words.contains("crash-later") && !start.memory.isFresh {
                raise(SIGKILL)
            }
            if words.contains("hang") { while true { Threads.sleep(milliseconds: 1000) } }
            return MemoryTree(MemoryTree.Settings(text), session: number(of: start.memory))
        }
    }

    /// Counts the sessions of the mount, in the memory that outlives them.
    private static func number(of memory: KeptMemory) -> Int {
        var number: UInt8 = 0
        do throws(SystemError) {
            if memory.isFresh { try memory.file.file.resize(to: memory.start + 1) }
            withUnsafeMutableBytes(of: &number) { _ = try? memory.file.file.read(into: $0, at: memory.start) }
            number += 1
            try memory.file.file.write([number], at: memory.start)
        } catch {
            return 0
        }
        return Int(number)
    }

    // MARK: The keeper

    private static func keep(_ program: String, _ destination: RawPath, _ settings: [String]) -> ExitStatus {
        let signals = SignalWait()
        var options = MountOptions(destination)
        options.coversContent = settings.contains("cover")
        options.isReadOnly = settings.contains("readonly")
        options.isFile = settings.contains("file")
        var session = SessionProgram(
            ["/proc/self/exe", "__session", destination.text],
            configuration: Array(settings.joined(separator: " ").utf8))
        for setting in settings {
            let parts = setting.split(separator: "=")
            guard parts.count == 2, let number = Int(parts[1]) else { continue }
            if parts[0] == "ahead" { options.readAhead = number << 10 }
            if parts[0] == "start" { session.startMilliseconds = number }
            if parts[0] == "deaths" { session.deathsBorne = number }
        }
        let keeper: Keeper
        do throws(MountFailure) {
            keeper = try Keeper(options, session) { event in say("\(event)") }
        } catch {
            say("failed \(error.code.rawValue): \(error.message); \(error.hint ?? "")")
            return error.exitStatus
        }
        say("ready \(keeper.sessionProcess ?? 0)")
        let parent = getppid()
        var told = keeper.sessionProcess
        while !keeper.waitForEnd(milliseconds: 0) {
            if keeper.sessionProcess != told {
                told = keeper.sessionProcess
                say("session \(told ?? 0)")
            }
            // Whoever tests has died, and takes nothing away any more.
            if getppid() != parent { try? keeper.unmount(detaching: true) }
            guard let signal = signals.next(milliseconds: 20) else { continue }
            if signal == SIGINT { keeper.cut() }
            do throws(MountFailure) {
                try keeper.unmount(detaching: signal != SIGTERM)
            } catch {
                say("failed \(error.code.rawValue): \(error.message)")
            }
        }
        return .done
    }

    private static func say(_ text: String) {
        try? StandardStream.output.write(text + "\n")
    }
}

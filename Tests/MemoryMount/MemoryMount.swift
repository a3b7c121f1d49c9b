import Glibc
import MountFS
import MountSession
import Platform

/// `memory-mount DESTINATION [SETTING…]` mounts the tree of `MemoryTree`, keeps it until SIGTERM, and says on standard output
/// what happens. Settings are the tree's, or of the mount: `cover`, `readonly`, `file`, `start=MILLISECONDS`; or of the
/// session: `refuse`, `crash` and `crash-later`, `hang`.
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
            return MemoryTree(MemoryTree.Settings(text))
        }
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
        for setting in settings where setting.hasPrefix("start=") {
            session.startMilliseconds = Int(setting.dropFirst(6)) ?? session.startMilliseconds
        }
        let keeper: Keeper
        do throws(MountFailure) {
            keeper = try Keeper(options, session) { event in say("\(event)") }
        } catch {
            say("failed \(error.code.rawValue): \(error.message); \(error.hint ?? "")")
            return error.exitStatus
        }
        say("ready \(keeper.sessionProcess ?? 0)")
        var told = keeper.sessionProcess
        while !keeper.waitForEnd(milliseconds: 0) {
            if keeper.sessionProcess != told {
                told = keeper.sessionProcess
                say("session \(told ?? 0)")
            }
            guard signals.next(milliseconds: 20) != nil else { continue }
            do throws(MountFailure) {
                try keeper.unmount()
            } catch {
                say("failed \(error.code.rawValue): \(error.message)")
                continue
            }
            guard keeper.waitForEnd(milliseconds: 10_000) else {
                say("never ended")
                return .bug
            }
        }
        return .done
    }

    private static func say(_ text: String) {
        try? StandardStream.output.write(text + "\n")
    }
}

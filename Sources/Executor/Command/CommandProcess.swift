import CShims
import Glibc
import Platform

/// `provision __command`: the process that becomes COMMAND. It is this program, started by itself, so that what has to be done
/// in a process of its own before the program takes its place is done where no other thread is.
///
/// What it is to become stands in a file in memory, its descriptor 3, as texts that each end in NUL: the process that has
/// started it, whether the terminal shall be its own, how many variables there are, these, and then the program's words. Behind
/// it are, where it is to join any, a user and a mount namespace.
public enum CommandProcess {
    public static let word = "__command"
    private static let order: Int32 = 3
    private static let (users, mounts): (Int32, Int32) = (4, 5)

    /// Returns its number, which is that of its group as well.
    static func start(
        _ command: Command, in doors: OwnNamespaces.Doors?, takesTerminal: Bool
    ) throws(SystemError) -> Int32 {
        let texts =
            [String(getpid()), takesTerminal ? "1" : "0", String(command.variables.count)] + command.variables
        var bytes: [UInt8] = []
        for text in texts.map({ Array($0.utf8) }) + command.words { bytes += text + [0] }
        let file = OwnedDescriptor(owning: try SystemError.check { shim_memory_file("command") })
        try file.write(bytes, at: 0)
        return try ProgramStart(
            ["provision", word], program: "/proc/self/exe", environment: nil,
            descriptors: [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, file.raw] + (doors?.descriptors ?? []),
            group: .processGroup
        ).start()
    }

    public static func run() -> Never {
        guard let bytes = try? FileReading.bytes(from: order, limit: Int.max - 1) else { refuse() }
        close(order)
        let texts = bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map(Array.init)
        guard texts.count > 3, let parent = Int32(String(decoding: texts[0], as: UTF8.self)),
            let count = Int(String(decoding: texts[2], as: UTF8.self)), texts.count > 3 + count
        else { refuse() }
        if fcntl(users, F_GETFD) != -1 { join() }
        // What would be left of it when its parent is killed nobody would look after.
        _ = shim_end_with_parent(SIGKILL)
        guard getppid() == parent else { _exit(128 + SIGKILL) }
        if texts[1] == Array("1".utf8) { Terminal()?.give(to: getpgrp()) }
        Command(
            Array(texts[(3 + count)...]), variables: texts[3..<(3 + count)].map { String(decoding: $0, as: UTF8.self) }
        ).becomeThisProcess()
    }

    /// Goes to where the mounts are, before it has threads.
    private static func join() {
        let here = try? WorkingFolder.path()
        do throws(SystemError) {
            try OwnNamespaces.join(users: users, mounts: mounts)
        } catch {
            try? StandardStream.error.write(
                "provision: COMMAND cannot go to where its mounts are: \(error.description)\n")
            _exit(ExitStatus.systemRefused.rawValue)
        }
        close(users)
        close(mounts)
        // By its name, as what is mounted there is to be found.
        if let here { chdir(here) }
    }

    /// Nobody types this.
    private static func refuse() -> Never { _exit(ExitStatus.usage.rawValue) }
}

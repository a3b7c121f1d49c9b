import Foundation
import TestSupport
import Testing

/// A user who may not mount, on a machine as a test wants it: the test's own, in a mount namespace of its own, with little in
/// `/dev` and a device of FUSE's there that has this mode, or none.
struct OrdinaryUser {
    /// Has a name, which `fusermount3` asks for.
    static let nobody = 65534

    let sandbox: MountSandbox
    var number = 4242
    var device: String? = "666"
    /// Without: in a user namespace of the machine's, in which no other ones can be had.
    var hasNamespaces = true
    /// Whether `fusermount3` can be run.
    var hasHelper = true
    /// What the program is started through.
    var through: [String] = []

    /// Everything in the sandbox is that user's, and so are the folders that programs of users find by themselves.
    init(
        _ sandbox: MountSandbox, number: Int = 4242, device: String? = "666", hasNamespaces: Bool = true,
        hasHelper: Bool = true, through: [String] = []
    ) throws {
        self.sandbox = sandbox
        self.number = number
        self.device = device
        self.hasNamespaces = hasNamespaces
        self.hasHelper = hasHelper
        self.through = through
        // Where it was built, as in root's home, that user may not come in.
        sandbox.files.program = sandbox.path("provision")
        if !Files.isThere(sandbox.files.program) {
            try FileManager.default.copyItem(atPath: Program.provision, toPath: sandbox.files.program)
        }
        for name in ["dst", "home", "run", "dev"] where !Files.isThere(sandbox.path(name)) {
            try Files.makeFolder(sandbox.path(name))
        }
        sandbox.environment["HOME"] = sandbox.path("home")
        sandbox.environment["XDG_RUNTIME_DIR"] = sandbox.path("run")
        for name in ["."] + FileTree(sandbox.path(".")).names { try Files.setOwner(sandbox.path(name), UInt32(number)) }
    }

    private var machine: String {
        let dev = sandbox.path("dev")
        let node = device.map { "mknod -m \($0) \(dev)/fuse c 10 229" } ?? "true"
        return """
            mount -t tmpfs none \(dev) && \(node) || exit 99
            for name in null zero urandom tty; do touch \(dev)/$name && mount --bind /dev/$name \(dev)/$name || exit 99; done
            mount --rbind \(dev) /dev && mount --make-rshared / || exit 99
            \(hasHelper ? "" : "mount --bind /dev/null $(command -v fusermount3) || exit 99")
            \(hasNamespaces ? "exec \"$@\"" : Self.inWithoutNamespaces)
            """
    }

    /// Root stays root in there, and gets its rights with the next program.
    private static let inWithoutNamespaces = """
        mkfifo /dev/go
        unshare --user --mount sh -c 'read line < /dev/go; exec "$@"' sh sh -c \
            'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"' sh "$@" &
        while [ "$(readlink /proc/$!/ns/user)" = "$(readlink /proc/$$/ns/user)" ]; do sleep 0.01; done
        echo 0 0 65536 > /proc/$!/uid_map; echo 0 0 65536 > /proc/$!/gid_map; echo > /dev/go; wait $!
        """

    /// Run before a program, these make it that user's on that machine.
    var words: [String] {
        let user = ["setpriv", "--reuid", "\(number)", "--regid", "\(number)", "--clear-groups"]
        return ["unshare", "-m", "sh", "-c", machine, "sh"] + user + through
    }

    func start(_ words: [String]) throws -> RunningProgram {
        try Program.start(self.words + words, environment: sandbox.environment, in: sandbox.files.folder.path)
    }

    /// Runs programs one after the other on one machine, where what one has mounted the next one finds.
    func run(_ line: String, _ more: [String: String] = [:]) throws -> Finished {
        let environment = sandbox.environment.merging(more) { _, new in new }.merging(
            ["P": sandbox.files.program, "S": sandbox.files.state, "M": sandbox.destination]) { given, _ in given }
        return try Program.start(
            words + ["timeout", "-s", "KILL", "60", "sh", "-c", line], environment: environment,
            in: sandbox.files.folder.path
        ).wait()
    }

    /// The task with COMMAND, which finds the destination in `$M`.
    func enter(_ command: [String], task: String? = nil) throws -> RunningProgram {
        sandbox.environment["M"] = sandbox.destination
        return try sandbox.enter(command, task: task, before: words)
    }

    /// `status`, `down` or `flush`, as that user does outside of every namespace.
    func verb(_ verb: String...) throws -> Finished {
        let user = ["setpriv", "--reuid", "\(number)", "--regid", "\(number)", "--clear-groups"]
        return try Program.run(
            user + [sandbox.files.program] + verb + ["--state-dir", sandbox.files.state],
            environment: sandbox.environment, in: sandbox.files.folder.path)
    }
}

extension MountSandbox {
    /// Processes in whose table of mounts there is one of this sandbox'.
    var holders: [Int32] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { Int32($0) }.filter { process in
            let table = (try? TemporaryFolder.text(of: "/proc/\(process)/mountinfo")) ?? ""
            return table.split(separator: "\n").contains {
                $0.contains(" fuse.provision ") && $0.contains(files.folder.path + "/")
            }
        }
    }

    /// Nobody is left, and no table of mounts shows anything.
    func expectNoTrace() throws {
        try expectNothingLeft()
        try wait("no trace in any table") { holders.isEmpty }
    }
}

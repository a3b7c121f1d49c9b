import Foundation
import TestSupport
import Testing

/// What a run that only copies shows to the outside.
@Suite(.apart) struct CopyNoticesTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
        try sandbox.write(["src/a": "1", "src/b": "22"])
    }

    private var ready: String { sandbox.path("ready") }
    private var isReady: Bool { FileManager.default.fileExists(atPath: ready) }

    /// Relative to the working folder, for all to read, and there when everything is.
    @Test func theReadyFile() throws {
        try sandbox.succeed(sandbox.task(), "--ready-file", "ready")
        #expect(isReady && Files.mode(of: ready) == 0o644)
        #expect(FileTree(sandbox.folder.path).names.filter { $0.contains(".new") } == [])
        // A run that fails takes it away, and says no more that anything is there.
        try sandbox.fail(66, "file_mounts: {\(sandbox.destination): ./absent}", "--ready-file", "ready")
        #expect(!isReady)
        try sandbox.succeed(sandbox.task(), "--ready-file", "ready")
        try sandbox.write(["file": "mine"])
        try sandbox.fail(73, "file_mounts: {\(sandbox.path("file")): {source: ./src}}", "--ready-file", ready)
        #expect(!isReady)
    }

    /// It is there before COMMAND is, which takes our place and leaves it.
    @Test func theReadyFileOfACommand() throws {
        let words = try sandbox.words(sandbox.task(), ["--", "test", "-f", "ready"])
        let finished = try Program.run(words, environment: ["PROVISION_READY_FILE": "ready"], in: sandbox.folder.path)
        #expect(finished.status == 0 && isReady, "\(finished)")
    }

    /// What could not be written is told before anything is done, also by a dry run.
    @Test(arguments: ["--ready-file", "--metrics-file"])
    func aFileThatCannotBeWritten(option: String) throws {
        try sandbox.write(["file": "x"])
        try Files.makeFolder(sandbox.path("folder"))
        try FileManager.default.createSymbolicLink(atPath: sandbox.path("link"), withDestinationPath: "file")
        let reasons = [
            "absent/f": "No such file or directory", "file/f": "Not a directory", "folder": "Is a directory",
            "folder/": "Is a directory", "link": "File exists",
        ]
        for (path, reason) in reasons {
            for dry in [["--dry-run"], ["--dry-run", "--offline"], []] {
                let finished = try sandbox.run(sandbox.task(), dry + [option, path])
                #expect(finished.status == 73 && finished.output == "", "\(path): \(finished)")
                #expect(finished.errors.contains("provision: \(option): ") && finished.errors.contains(reason))
            }
        }
        let user = try sandbox.run(sandbox.task(), ["--dry-run", option, "/f"], asUser: 65534)
        #expect(user.status == 73 && user.errors.contains("Permission denied"), "\(user)")
        #expect(!FileManager.default.fileExists(atPath: sandbox.destination))
        let both = try sandbox.run(sandbox.task(), ["--ready-file", "f", "--metrics-file", "f"])
        #expect(both.status == 64 && both.errors.contains("the same file"))
    }

    @Test(.enabled(if: Judge.isHere, Comment(rawValue: Judge.absence)))
    func theMetricsFile() throws {
        let path = sandbox.path("m.prom")
        try sandbox.succeed(sandbox.task(), "--metrics-file", "m.prom")
        #expect(Files.mode(of: path) == 0o644)
        var metrics = try Metrics(path)
        #expect(metrics.states == ["copied"] && metrics("ready", "task=\"task\"") == 1)
        #expect(metrics("mount_copied_files_total") == 2 && metrics("mount_copied_bytes_total") == 3)
        #expect(metrics("mount_provisioning_seconds") != nil && metrics("mount_requests_total") == 0)
        // Names of files are nobody's business, and those of destinations may be anything.
        #expect(!metrics.names.contains { $0.contains("src") || $0.contains("./a") })
        let odd = sandbox.path("a\"b\\c d")
        let entry = String(decoding: try JSONSerialization.data(withJSONObject: [odd: "./src"]), as: UTF8.self)
        try sandbox.succeed("file_mounts: \(entry)", "--metrics-file", "m.prom")
        metrics = try Metrics(path)
        #expect(metrics.states == ["copied"] && metrics("mount_copied_files_total", odd) == 2, "\(metrics.names)")
        try sandbox.fail(66, "file_mounts: {\(sandbox.destination): ./absent}", "--metrics-file", "m.prom")
        #expect(try Metrics(path)("ready") == 0)
    }

    /// In a folder and in none.
    @Test(arguments: ["socket", "@provision-test"])
    func theServiceManager(name: String) throws {
        let manager = try NotifySocket(name.hasPrefix("@") ? name + sandbox.folder.path : sandbox.path(name))
        let environment = ["NOTIFY_SOCKET": manager.address]
        #expect(try sandbox.run(sandbox.task(), environment: environment).status == 0)
        let lines = manager.lines
        #expect(lines.contains("READY=1") && lines.last == "STATUS=task: 1 mount ready", "\(lines)")
        #expect(!lines.contains { $0.hasPrefix("MAINPID") })
        #expect(try sandbox.run("file_mounts: {\(sandbox.path("x")): ./absent}", environment: environment).status == 66)
        #expect(manager.lines.count { $0 == "READY=1" } == 1)
        let last = manager.lines.last
        #expect(last?.contains("does not exist") == true, "\(manager.lines)")
        let dry = try sandbox.run(sandbox.task(), ["--dry-run"], environment: environment)
        #expect(dry.status == 0 && manager.lines.last == last)
    }

    /// COMMAND is not told of the service manager, unless the task says so.
    @Test func theServiceManagerIsOurs() throws {
        let manager = try NotifySocket(sandbox.path("socket"))
        for (envs, expected) in [("", "none\n"), ("envs: {NOTIFY_SOCKET: null}\n", manager.address + "\n")] {
            let words = try sandbox.words(
                envs + sandbox.task(), ["--", "sh", "-c", "echo ${NOTIFY_SOCKET:-none}"])
            let finished = try Program.run(
                words, environment: ["NOTIFY_SOCKET": manager.address], in: sandbox.folder.path)
            #expect(finished.status == 0 && finished.output == expected, "\(finished)")
        }
        #expect(manager.lines.count { $0 == "READY=1" } == 2)
    }

    /// Nobody waits any more, which is no reason to fail.
    @Test func aServiceManagerThatHasGone() throws {
        let finished = try sandbox.run(sandbox.task(), environment: ["NOTIFY_SOCKET": sandbox.path("socket")])
        #expect(finished.status == 0)
        #expect(finished.errors.ranges(of: "the service manager at").count == 1, "\(finished.errors)")
    }
}

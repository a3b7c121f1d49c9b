import Foundation
import TestSupport
import Testing

/// Tests of tasks with mounts. They run one after the other: a mount that hangs shall not look like a slow machine.
@Suite(.enabled(if: MountSandbox.isPossible, MountSandbox.absence), .serialized, .apart)
enum MountedTasks {}

/// Tests of what lies between a mount and its bucket: requests, faults, changes by others, the cache, what is told of it. One
/// after the other as well, beside those.
@Suite(.enabled(if: MountSandbox.isPossible, MountSandbox.absence), .serialized, .apart)
enum MountedBuckets {}

/// Tests of what is written to mounts, beside both.
@Suite(.enabled(if: MountSandbox.isPossible, MountSandbox.absence), .serialized, .apart)
enum WritingTasks {}

/// And of programs that write, beside all these.
@Suite(.enabled(if: MountSandbox.isPossible, MountSandbox.absence), .serialized, .apart)
enum WritingPrograms {}

/// A working folder whose `src` can be mounted at `dst`. Nothing is mounted and no supervisor is left when the last
/// reference goes, also when the test fails. What is mounted is looked at by programs with a time limit, never by the
/// tests' own process.
final class MountSandbox {
    static let isPossible = access("/dev/fuse", R_OK | W_OK) == 0 && MountedFolder.isPossible
    static let absence: Comment = "mounting takes /dev/fuse and CAP_SYS_ADMIN"

    var files: CopySandbox
    /// Of the programs that are run.
    var environment: [String: String]

    init(environment: [String: String] = [:]) throws {
        files = try CopySandbox()
        self.environment = environment
    }

    /// With these files of `src`.
    convenience init(of files: [String: String]) throws {
        try self.init()
        for (name, content) in files { try write(["src/" + name: content]) }
    }

    deinit {
        _ = try? verb("down", "--force")
        // Should that not work.
        for process in supervisors + sessions { kill(process, SIGKILL) }
        for place in mounts.reversed() { while umount2(place, Int32(MNT_DETACH)) == 0 {} }
    }

    var destination: String { files.destination }
    func path(_ name: String) -> String { files.path(name) }
    func write(_ content: [String: String]) throws { try files.write(content) }

    // MARK: Runs

    /// The entry that mounts a source, with more keys if given.
    func entry(_ source: String = "./src", _ keys: String = "") -> String {
        "{source: \"\(source)\", mode: MOUNT, read_only: true\(keys.isEmpty ? "" : ", " + keys)}"
    }

    /// The task that mounts `src` at the destination.
    func task(_ keys: String = "") -> String { "file_mounts: {\(destination): \(entry("./src", keys))}" }

    func run(_ task: String, _ options: String..., before: [String] = []) throws -> Finished {
        try Program.run(before + files.words(task, options), environment: environment, in: files.folder.path)
    }

    /// Runs the task, which shall end with this status, and returns the document.
    @discardableResult
    func expect(
        _ status: Int32, _ task: String, _ options: String..., at location: Testing.SourceLocation = #_sourceLocation
    ) throws -> Document {
        let words = try files.words(task, options)
        let finished = try Program.run(words, environment: environment, in: files.folder.path)
        #expect(finished.status == status, "\(finished.output)\(finished.errors)", sourceLocation: location)
        return try Document(finished)
    }

    /// `status`, `down` or `flush` of the last task.
    func verb(_ words: String...) throws -> Finished {
        try Program.run(
            [files.program] + words + ["--state-dir", files.state], environment: environment, in: files.folder.path)
    }

    func document(_ words: String..., at location: Testing.SourceLocation = #_sourceLocation) throws -> Document {
        let words = [files.program] + words + ["task", "--state-dir", files.state, "--output", "json"]
        let finished = try Program.run(words, environment: environment, in: files.folder.path)
        return try Document(finished)
    }

    // MARK: What is there

    /// Where something of ours is mounted, parents first.
    var mounts: [String] {
        let table = (try? TemporaryFolder.text(of: "/proc/self/mountinfo")) ?? ""
        return table.split(separator: "\n").compactMap { line in
            let place = String(line.split(separator: " ")[4])
            return line.contains(" fuse.provision ") && place.hasPrefix(files.folder.path + "/") ? place : nil
        }.sorted()
    }

    var supervisors: [Int32] { processes("__supervisor") }
    var sessions: [Int32] { processes("__session") }

    /// Processes of this sandbox that have a word among their arguments.
    private func processes(_ word: String) -> [Int32] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { Int32($0) }.filter { process in
            let words = Self.words(of: process)
            return words.contains(word) && words.contains(files.state)
        }
    }

    static func words(of process: Int32) -> [String] {
        let text = (try? TemporaryFolder.text(of: "/proc/\(process)/cmdline")) ?? ""
        return text.split(separator: "\0").map(String.init)
    }

    /// Runs a line of shell with the destination in `$M`; a hanging one is killed.
    func start(_ line: String, seconds: Int = 60) throws -> RunningProgram {
        try Program.start(
            ["timeout", "-s", "KILL", String(seconds), "sh", "-c", line], environment: ["M": destination])
    }

    func shell(_ line: String) throws -> Finished { try start(line).wait() }

    func output(_ line: String, at location: Testing.SourceLocation = #_sourceLocation) throws -> String {
        let finished = try shell(line)
        #expect(finished.status == 0, "\(line): \(finished)", sourceLocation: location)
        return finished.output
    }

    /// Nothing is mounted and nobody is left behind.
    func expectNothingLeft(at location: Testing.SourceLocation = #_sourceLocation) throws {
        try wait("everybody gone") { supervisors.isEmpty && sessions.isEmpty }
        #expect(mounts == [], sourceLocation: location)
    }

    func wait(_ what: String, seconds: Int = 20, _ condition: () throws -> Bool) throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while try !condition() {
            guard ContinuousClock.now < end else { throw NeverCame(what: what) }
            usleep(5000)
        }
    }
}

extension Document.Mount {
    var process: Int32? { (json["pid"] as? Int).map { Int32($0) } }
}

struct NeverCame: Error {
    let what: String
}

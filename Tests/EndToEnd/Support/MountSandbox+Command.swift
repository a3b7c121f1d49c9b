import Foundation
import TestSupport
import Testing

/// Tests of tasks with a COMMAND. They run one after the other, as those of tasks with mounts.
@Suite(.enabled(if: MountSandbox.isPossible, MountSandbox.absence), .serialized, .apart)
enum Entrypoints {}

extension MountSandbox {
    /// The task that mounts `src` at the destination, to be written to.
    var writableTask: String { "file_mounts: {\(destination): {source: ./src, mode: MOUNT}}" }

    /// Starts the task, else the writable one, with a COMMAND; the destination is in `$M` for it.
    func enter(
        _ command: [String], _ options: String..., task: String? = nil, before: [String] = [], input: String = ""
    ) throws -> RunningProgram {
        let words = try files.words(task ?? writableTask, options) + ["--"] + command
        return try Program.start(
            before + words, environment: environment.merging(["M": destination]) { given, _ in given }, input: input,
            in: files.folder.path)
    }

    /// The same with a line of shell, to its end.
    func entered(
        _ line: String, _ options: String..., task: String? = nil, seconds: Int = 60,
        at location: Testing.SourceLocation = #_sourceLocation
    ) throws -> Finished {
        let words = try files.words(task ?? writableTask, options) + ["--", "sh", "-c", line]
        let program = try Program.start(
            words, environment: environment.merging(["M": destination]) { given, _ in given }, in: files.folder.path)
        return try program.wait(seconds: seconds)
    }

    /// The status file of the last run.
    func lastStatus() throws -> Document {
        try Document(try TemporaryFolder.text(of: files.state + "/task/status.json"))
    }

    /// COMMAND has ended, and what it has written is on its way.
    func waitForBarrier() throws {
        try wait("the barrier") { (try? lastStatus())?.mounts.first?.state == "draining" }
    }

    /// What a file of `src` holds, past the mount.
    func stored(_ name: String) -> String? { files.content("src/" + name) }
}

extension Document {
    var exitSource: String? { json["exit_source"] as? String }
}

import Foundation
import Glibc
import TestSupport
import Testing

extension WritingTasks {
    /// Mounts that are written to and killed: what the programs were told is so, and nothing torn is in the bucket.
    /// Over servers that keep conditions: elsewhere what a killed session has sent may arrive after what the next one has sent, and
    /// take its place.
    @Suite(.over(.seaweedFS, .ceph, .google, .azure)) struct MountKillTests {
        private let bucket: BucketSandbox
        private let sandbox: MountSandbox
        /// For each `commit` one, on a mount of its own.
        private let writers: [LedgerWriter]

        init() async throws {
            bucket = try await BucketSandbox()
            // A server that has never been written to lets the first requests wait for seconds, and carries them out when who had
            // sent them is long dead.
            try await bucket.put(Dictionary(uniqueKeysWithValues: (0..<64).map { ("first/\($0)", "first") }))
            let sandbox = try MountSandbox(reading: bucket)
            writers = ["close", "fsync", "background"].map { LedgerWriter(commit: $0, sandbox) }
            self.sandbox = sandbox
        }

        private var task: String {
            let entries = writers.map {
                "\($0.folder): {source: \"\(bucket.url)/\($0.commit)/\", mode: MOUNT, commit: \($0.commit)}"
            }
            return "file_mounts: {\(entries.joined(separator: ", "))}"
        }

        private enum Victim: CaseIterable {
            case session, supervisor, everything, everythingAndWriters, writer, recovery
        }

        @Test func killedAtAnyMoment() async throws {
            let rounds = KillRounds()
            let (kills, seed) = (rounds.kills, rounds.seed)
            var chance = rounds.chance
            var (told, torn) = (0, 0)
            for round in 1...kills {
                try await begin(&chance)
                let flush = Int.random(in: 0..<5, using: &chance) == 0 ? try sandbox.startVerb("flush") : nil
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<600, using: &chance)))
                let victim = try #require(Victim.allCases.randomElement(using: &chance))
                try await kill(victim, &chance)
                _ = try await flush?.end()
                guard round % 8 == 0 || round == kills else { continue }
                for counts in try await compare("round \(round) of seed \(seed)") {
                    told += counts.told
                    torn += counts.torn
                }
            }
            print("PROVISION_TEST_RESULT=\(kills) kills, \(told) times told, \(torn) torn")
        }

        // MARK: A round

        private func begin(_ chance: inout SeededGenerator) async throws {
            try mountWhatIsNot()
            for writer in writers where try !writer.isRunning {
                try writer.start(seed: UInt32.random(in: 1...UInt32.max, using: &chance))
            }
            for writer in writers {
                try sandbox.wait("\(writer.commit) writes", seconds: 60) { try writer.hasBegun || !writer.isRunning }
            }
        }

        /// A supervisor that was just being begun when all was killed may be there for a moment, and serves nobody.
        private func mountWhatIsNot() throws {
            let mounts = try sandbox.document("status").mounts
            if mounts.count < writers.count || mounts.contains(where: { $0.state != "mounted" }) {
                try sandbox.expect(0, task)
            }
        }

        private func kill(_ victim: Victim, _ chance: inout SeededGenerator) async throws {
            switch victim {
            case .session:
                if let session = sandbox.sessions.randomElement(using: &chance) { Glibc.kill(session, SIGKILL) }
                return
            case .writer: return writers.randomElement(using: &chance)!.kill()
            case .supervisor: for process in sandbox.supervisors { Glibc.kill(process, SIGKILL) }
            case .everything: killEverything(&chance)
            case .everythingAndWriters:
                for writer in writers { writer.kill() }
                killEverything(&chance)
            case .recovery:
                killEverything(&chance)
                let run = try Program.start(
                    sandbox.files.words(task, []), environment: sandbox.environment, in: sandbox.files.folder.path)
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<500, using: &chance)))
                run.signal(SIGKILL)
                killEverything(&chance)
            }
            try sandbox.wait("everybody gone", seconds: 60) {
                // Also who was just being started.
                for process in sandbox.supervisors { Glibc.kill(process, SIGKILL) }
                return sandbox.supervisors.isEmpty && sandbox.sessions.isEmpty
            }
            for writer in writers { try await writer.end() }
            // Whoever was told by a close that waits for the bucket need not hope for another run.
            guard victim == .supervisor else { return }
            for writer in writers where writer.commit == "close" {
                let wrong = try writer.glance(try await fetch(writer.commit))
                #expect(wrong == [], "without another run")
            }
        }

        private func killEverything(_ chance: inout SeededGenerator) {
            for process in (sandbox.supervisors + sandbox.sessions).shuffled(using: &chance) {
                Glibc.kill(process, SIGKILL)
            }
        }

        // MARK: The bucket

        /// What is in the bucket below a prefix at this moment; nothing may be.
        private func fetch(_ prefix: String, at location: Testing.SourceLocation = #_sourceLocation) async throws
            -> String
        {
            var finished: Finished
            var attempts = 0
            repeat {
                Files.removeTree(bucket.files.destination)
                finished = try await bucket.run(bucket.task("\(bucket.url)/\(prefix)/"))
                attempts += 1
                // What a killed session has sent may come between the listing and the reading.
            } while finished.output.contains("\"source-changed\"") && attempts < 5
            // Where nothing has come yet there is no folder.
            #expect(
                [0, 66].contains(finished.status), "\(finished.output)\(finished.errors)", sourceLocation: location)
            return bucket.files.destination
        }

        /// The end of the task's log.
        private var said: String {
            let log = (try? TemporaryFolder.text(of: sandbox.files.state + "/task/log")) ?? "no log"
            return log.split(separator: "\n").suffix(80).joined(separator: "\n")
        }

        /// Ends everything, compares, and begins anew.
        private func compare(_ when: String) async throws -> [(told: Int, torn: Int)] {
            for writer in writers {
                try writer.askToStop()
                try await writer.end()
            }
            try mountWhatIsNot()
            let ended = try sandbox.document("down")
            #expect(
                [0, 74].contains(ended.exitCode), "\(when): \(ended.json); the last that was said of all:\n\(said)")
            try sandbox.expectNothingLeft()
            #expect(sandbox.staged == [], "\(when)")
            var all: [(told: Int, torn: Int)] = []
            for writer in writers {
                let mount = ended.mounts.first { $0.destination == writer.folder }
                let kept = try #require(mount?.kept)
                let (counts, wrong) = try writer.check(try await fetch(writer.commit), kept)
                #expect(
                    wrong == [],
                    "\(when), \(writer.commit); the last that was said of all:\n\(said)\n\(wrong.joined(separator: "\n"))"
                )
                for file in kept { try FileManager.default.removeItem(atPath: file["file"] ?? "") }
                all.append(counts)
            }
            return all
        }
    }
}

/// A program that writes to a mount and keeps a ledger, see `ledger.py`.
private final class LedgerWriter {
    let commit: String
    /// Where it writes.
    let folder: String
    private let ledger: String
    private var running: RunningProgram?

    private static let script = Judge.project.appending(path: "Tests/EndToEnd/Mount/Writing/ledger.py").path

    init(commit: String, _ sandbox: MountSandbox) {
        self.commit = commit
        folder = sandbox.path("mounts/" + commit)
        ledger = sandbox.path("\(commit).ledger")
    }

    private var stop: String { ledger + ".stop" }
    var isRunning: Bool { get throws { try running?.isRunning ?? false } }
    var hasBegun: Bool { running?.outputSoFar.contains("writing") ?? false }

    func start(seed: UInt32) throws {
        _ = unlink(stop)
        running = try Program.start(["python3", Self.script, "write", folder, ledger, String(seed)])
    }

    func kill() { running?.signal(SIGKILL) }
    func askToStop() throws { try Files.write([], to: Array(stop.utf8)) }

    /// By itself, because its mount is not there or because it was asked to, or because it was killed.
    func end() async throws {
        guard let running else { return }
        let finished = try await running.end(seconds: 60)
        #expect([0, 3, 137].contains(finished.status), "\(commit): \(finished.errors)")
        self.running = nil
    }

    func glance(_ bucket: String) throws -> [String] {
        let finished = try Program.run(["python3", Self.script, "glance", ledger, bucket])
        #expect(finished.status == 0, "\(finished.errors)")
        return Self.lines(finished.output)
    }

    /// What is wrong, and how often it was told that something is safe, and how often something was torn.
    func check(_ bucket: String, _ kept: [[String: String]]) throws -> ((told: Int, torn: Int), [String]) {
        let kept = kept.map { ($0["reason"] ?? "") + ":" + ($0["path"] ?? "") + "=" + ($0["file"] ?? "") }
        let finished = try Program.run(["python3", Self.script, "check", ledger, bucket] + kept)
        #expect(finished.status == 0, "\(finished.errors)")
        let lines = Self.lines(finished.output)
        let counts = lines.first?.split(separator: " ").compactMap { Int($0) } ?? []
        try #require(counts.count == 2)
        return ((counts[0], counts[1]), Array(lines.dropFirst()))
    }

    private static func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }
}

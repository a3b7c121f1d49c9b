import Foundation
import TestSupport
import Testing

extension Entrypoints {
    /// What has been written is in the bucket when the run has ended, or the exit status says that it is not.
    @Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct ExitBarrierTests {
        private let bucket: BucketSandbox
        private let proxy: FaultProxy
        private let sandbox: MountSandbox

        init() async throws {
            (bucket, proxy, sandbox) = try await MountSandbox.ofBucket(["old": Array("old\n".utf8)])
        }

        /// From now on nothing can be written to the bucket.
        private func close() { proxy.add(Fault.writing(.hangUp, times: .max)) }
        private func reopen() { proxy.removeFaults() }

        private var task: String {
            "file_mounts: {\(sandbox.destination): "
                + "{source: \"\(bucket.url)\", mode: MOUNT, commit: background}}"
        }

        private func expectInBucket(
            _ objects: [String: String], at location: Testing.SourceLocation = #_sourceLocation
        ) async throws {
            var direct = bucket
            direct.port = bucket.server.port
            try await direct.succeed(direct.task(), at: location)
            direct.expect(objects.merging(["old": "old\n"]) { new, _ in new }, at: location)
        }

        @Test func itWaitsForTheBucket() async throws {
            close()
            let program = try sandbox.enter(["sh", "-c", "echo new > $M/new"], task: task)
            try sandbox.waitForBarrier()
            try await Task.sleep(for: .seconds(1))
            #expect(try program.isRunning)
            reopen()
            let run = try program.wait(seconds: 60)
            #expect(run.status == 0, "\(run)")
            #expect(try sandbox.lastStatus().mounts.first?.uploads["files"] == 1)
            try sandbox.expectNothingLeft()
            try await expectInBucket(["new": "new\n"])
        }

        /// It is kept, and the next run brings it there.
        @Test func whatIsNotSaved() async throws {
            close()
            let late = try sandbox.entered("echo new > $M/new", "--drain-timeout", "1s", task: task)
            #expect(late.status == 75, "\(late)")
            let status = try sandbox.lastStatus()
            #expect(status.exitSource == "provision" && status.result == "failed", "\(status.json)")
            #expect(status.mounts.first?.code == "not-saved" && status.mounts.first?.uploads["pending"] == 1)
            try sandbox.expectNothingLeft()
            #expect(!sandbox.staged.isEmpty)
            let left = try #require(try listed().first)
            #expect(left["key"] as? String == "new" && left["bytes"] as? Int == 4 && left["whole"] as? Bool == true)
            #expect(try TemporaryFolder.text(of: try #require(left["file"] as? String)) == "new\n")
            // COMMAND's own failure is what is told.
            #expect(try sandbox.entered("exit 9", "--drain-timeout", "1s", task: task).status == 9)
            #expect(try sandbox.lastStatus().mounts.first?.code == "not-saved")
            reopen()
            #expect(try sandbox.entered("cat $M/new", task: task).output == "new\n")
            #expect(try sandbox.staged == [] && listed().isEmpty)
            try await expectInBucket(["new": "new\n"])
        }

        /// There is no time for all of it.
        @Test func whatWasWrittenLastComesFirst() async throws {
            // Before all is written nothing comes into the bucket.
            let begins = sandbox.path("begins")
            proxy.add(
                .writing(
                    .meanwhile {
                        while !Files.isThere(begins) { usleep(20_000) }
                        usleep(700_000)
                    }, times: .max))
            let files = 1...1000
            let program = try sandbox.enter(
                ["sh", "-c", "for i in $(seq \(files.count)); do echo $i > $M/$i; done"], "--drain-timeout", "8s",
                task: task)
            try sandbox.waitForBarrier()
            try sandbox.write(["begins": ""])
            let late = try program.wait(seconds: 60)
            #expect(late.status == 75, "\(late)")
            let left = try listed().compactMap { ($0["key"] as? String).flatMap { Int($0) } }
            #expect(!left.isEmpty && left.allSatisfy { $0 <= files.upperBound - 50 }, "\(left.suffix(60))")
            // What the proxy holds of it comes to the server first: fake-gcs-server would take it after the next one's, whatever
            // the condition.
            try sandbox.wait("nothing on its way") { proxy.passages.allSatisfy(\.isOver) }
            reopen()
            #expect(try sandbox.entered("cat $M/1", task: task).output == "1\n")
            #expect(try listed().isEmpty)
            try await expectInBucket(Dictionary(uniqueKeysWithValues: files.map { ("\($0)", "\($0)\n") }))
        }

        /// What lists what is left, in the staging folder.
        private func listed() throws -> [[String: Any]] {
            let staging = sandbox.files.state + "/task/staging"
            return try FileTree(staging).names.filter { $0.hasSuffix("/not-saved.json") }.flatMap { name in
                let document = try Document(try TemporaryFolder.text(of: "\(staging)/\(name)"))
                return document.json["files"] as? [[String: Any]] ?? []
            }
        }

        /// Its writer died in the middle of it, so that nobody knows what it was to be.
        @Test func whatIsTorn() async throws {
            let torn =
                "import os, sys; os.write(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT), b\"part\"); os.kill(os.getpid(), 9)"
            let run = try sandbox.entered("\(Judge.python) -c '\(torn)' $M/torn; echo new > $M/new", task: task)
            #expect(run.status == 74, "\(run)")
            let mount = try #require(try sandbox.lastStatus().mounts.first)
            #expect(mount.code == "kept" && mount.kept.first?["reason"] == "torn", "\(mount.json)")
            try sandbox.expectNothingLeft()
            try await expectInBucket(["new": "new\n"])
            // The next one finds it, and it is none of its own.
            #expect(try sandbox.entered("true", task: task).status == 0)
        }

        /// Asked for by somebody who came later, which counts for them only.
        @Test func whatOthersWriteIsTheirs() async throws {
            let other = try sandbox.enter(
                ["sh", "-c", "echo in; until [ -e \(sandbox.path("go")) ]; do sleep 0.02; done"], task: task)
            try sandbox.wait("the other COMMAND") { other.outputSoFar.contains("in") }
            #expect(try sandbox.entered("echo new > $M/new", task: task).status == 0)
            try await expectInBucket(["new": "new\n"])
            close()
            #expect(try sandbox.shell("echo late > $M/late").status == 0)
            try sandbox.files.folder.write("", to: "go")
            try sandbox.waitForBarrier()
            #expect(try other.isRunning)
            reopen()
            #expect(try other.wait(seconds: 60).status == 0)
            try await expectInBucket(["new": "new\n", "late": "late\n"])
        }

        /// It is saved all the same, by those who have it, and the mount is gone.
        @Test func weAreKilledAtIt() async throws {
            close()
            let program = try sandbox.enter(["sh", "-c", "echo new > $M/new"], task: task)
            try sandbox.waitForBarrier()
            program.signal(SIGKILL)
            try sandbox.wait("it unmounted") { sandbox.mounts == [] }
            #expect(sandbox.supervisors.count == 1 && sandbox.sessions.count == 1)
            reopen()
            try sandbox.expectNothingLeft()
            #expect(sandbox.staged == [])
            try await expectInBucket(["new": "new\n"])
        }

        /// For as long as we would have waited ourselves; the next run has the rest.
        @Test func weAreKilledAndTheTimeIsShort() async throws {
            close()
            let program = try sandbox.enter(
                ["sh", "-c", "echo new > $M/new; echo in; sleep 300"], "--drain-timeout", "1s", task: task)
            try sandbox.wait("COMMAND") { program.outputSoFar == "in\n" }
            program.signal(SIGKILL)
            try sandbox.expectNothingLeft()
            #expect(try listed().count == 1)
            reopen()
            #expect(try sandbox.entered("cat $M/new", task: task).output == "new\n")
            try await expectInBucket(["new": "new\n"])
        }

        /// The first one is COMMAND's, the second one shortens what comes after it.
        @Test func aSecondSignalShortensIt() throws {
            close()
            let program = try sandbox.enter(
                ["sh", "-c", "trap 'echo new > $M/new; exit 0' TERM; echo ready; while :; do sleep 0.05; done"],
                task: task)
            try sandbox.wait("COMMAND") { program.outputSoFar.contains("ready") }
            program.signal(SIGTERM)
            try sandbox.waitForBarrier()
            program.signal(SIGTERM)
            let run = try program.wait(seconds: 60)
            #expect(run.status == 75, "\(run)")
            #expect(try sandbox.lastStatus().mounts.first?.uploads["pending"] == 1)
            try sandbox.expectNothingLeft()
        }
    }
}

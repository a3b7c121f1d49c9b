import Foundation
import Glibc
import TestSupport
import Testing

extension WritingTasks {
    /// Services and disks that fail while programs write: they are told, the status says it, and nothing is lost.
    @Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct MountWriteFaultTests {
        private let bucket: BucketSandbox
        private let proxy: FaultProxy
        private let sandbox: MountSandbox

        private static let large = BucketSandbox.bytes(20 << 20, seed: 4)

        init() async throws {
            var bucket = try await BucketSandbox()
            proxy = try bucket.proxy()
            sandbox = try MountSandbox(reading: bucket)
            bucket.port = bucket.server.port
            self.bucket = bucket
            try Files.write(Self.large, to: Array(sandbox.path("large").utf8))
        }

        private func task(_ keys: String = "commit: close") -> String {
            "file_mounts: {\(sandbox.destination): {source: \"\(bucket.url)\", mode: MOUNT, \(keys)}}"
        }

        /// Unmounted with everything saved, and this is in the bucket.
        private func expectSaved(
            _ objects: [String: [UInt8]], at location: Testing.SourceLocation = #_sourceLocation
        ) async throws {
            let ended = try sandbox.document("down")
            #expect(ended.exitCode == 0 && ended.mounts.first?.kept == [], "\(ended.json)", sourceLocation: location)
            try sandbox.expectNothingLeft(at: location)
            #expect(sandbox.staged == [], sourceLocation: location)
            try await bucket.succeed(bucket.task(), at: location)
            bucket.expect(objects, at: location)
            // Azure cannot be told to forget what was given up, and does so by itself after a week.
            if ![.azure, .azureFolders].contains(TestCloud.current) {
                #expect(try await bucket.server.uploads(in: bucket.bucket) == [], sourceLocation: location)
            }
        }

        // MARK: What is got over

        /// Everything that writes is asked to come again later, several times; no program notices.
        @Test func aStoreThatIsOverloaded() async throws {
            try sandbox.expect(0, task())
            proxy.add(Fault.writing(Fault.refusal(503, "SlowDown", ["Retry-After": "1"]), times: 4))
            let done = try sandbox.shell(
                "cp \(sandbox.path("large")) $M/f && mkdir $M/d && echo x > $M/d/x && mv $M/d/x $M/y && rm $M/y && rmdir $M/d"
            )
            #expect(done.status == 0 && done.errors == "", "\(done)")
            proxy.expectDone()
            try await expectSaved(["f": Self.large])
        }

        /// The machine's clock is an hour off all of a sudden, as the server sees it.
        @Test func theClockJumps() async throws {
            try sandbox.expect(0, task())
            let dates = DateFormatter()
            dates.locale = Locale(identifier: "en_US_POSIX")
            dates.timeZone = TimeZone(identifier: "GMT")
            dates.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
            let later = dates.string(from: Date(timeIntervalSinceNow: 3600))
            // Nothing of Google's tokens is signed anew, nor what nobody signs.
            guard ![.google, .googleFolders, .fakeGCS].contains(TestCloud.current) else { return }
            let code =
                [.azure, .azureFolders].contains(TestCloud.current) ? "AuthenticationFailed" : "RequestTimeTooSkewed"
            let skewed = Fault.refusal(403, code, ["Date": later])
            proxy.add(Fault.part(2, skewed))
            proxy.add(Fault.completion(skewed))
            #expect(try sandbox.output("cp \(sandbox.path("large")) $M/f") == "")
            proxy.expectDone()
            try await expectSaved(["f": Self.large])
        }

        /// The store is away while a file is saved: whoever waits goes on when it is back, and what it has is not sent again.
        @Test func theStoreIsAway() async throws {
            let port = try FreePorts.take(1)[0]
            sandbox.environment.merge(try bucket.server.place(onPort: port, in: sandbox.files.folder)) { $1 }
            let never = Fault.part(3, .hangUp, times: .max)
            var before: FaultProxy? = try FaultProxy(to: bucket.server.port, port: port, [never])
            try sandbox.expect(0, task())
            let writer = try sandbox.start(
                "cp \(sandbox.path("large")) $M/f && echo saved", seconds: BucketOutageTests.seconds + 120)
            try sandbox.wait("the last part, and answers to those before it", seconds: 60) {
                let answered = before?.passages.filter { $0.isAnswered && $0.request.partNumber != nil }
                return before?.done[0] ?? 0 > 0 && answered?.count == 2
            }
            try await Task.sleep(for: .seconds(1))
            before = nil
            try await Task.sleep(for: .seconds(BucketOutageTests.seconds))
            #expect(try writer.isRunning && sandbox.status().uploads["pending"] == 1)
            let again = try FaultProxy(to: bucket.server.port, port: port)
            #expect(try writer.wait(seconds: 100).output == "saved\n")
            let parts = again.passages.compactMap(\.request.partNumber)
            #expect(!parts.isEmpty && parts.allSatisfy { $0 == 3 })
            try await expectSaved(["f": Self.large])
        }

        // MARK: What others write

        /// Two machines have the same file open: the one that saves first has it, the other is told, and nothing is lost.
        @Test(.only(.seaweedFS, .ceph, .google, .azure)) func twoMountsWriteOneFile() async throws {
            let bucket = try await BucketSandbox(.text(["f": "old\n"]))
            let script = """
                import os, sys, time
                file = os.open(sys.argv[1] + '/f', os.O_WRONLY | os.O_TRUNC)
                print('open', flush=True)
                while not os.path.exists(sys.argv[2]): time.sleep(0.02)
                os.write(file, sys.argv[3].encode())
                os.close(file)
                """
            var writers: [(mount: MountSandbox, program: RunningProgram)] = []
            for name in ["first", "second"] {
                let mount = try MountSandbox(reading: bucket)
                try mount.expect(
                    0, "file_mounts: {\(mount.destination): {source: \"\(bucket.url)\", mode: MOUNT}}")
                let program = try Program.start(["python3", "-c", script, mount.destination, mount.path("go"), name])
                try mount.wait("it open") { program.outputSoFar.contains("open") }
                writers.append((mount, program))
            }
            for (mount, _) in writers { #expect(mount.mounts.count == 1) }
            try writers[0].mount.write(["go": ""])
            #expect(try writers[0].program.wait(seconds: 60).status == 0)
            try writers[1].mount.write(["go": ""])
            let told = try writers[1].program.wait(seconds: 60)
            #expect(told.status == 1 && told.errors.contains("Stale file handle"), "\(told)")
            let second = writers[1].mount
            try second.wait("it kept") { try !second.status().kept.isEmpty }
            let kept = try second.status().kept[0]
            #expect(kept["path"] == "f" && kept["reason"] == "conflict")
            #expect(try TemporaryFolder.text(of: kept["file"] ?? "") == "second")
            #expect(try second.document("down").exitCode == 74)
            #expect(try writers[0].mount.document("down").exitCode == 0)
            try await bucket.succeed(bucket.task())
            bucket.expect(["f": "first"])
        }

        // MARK: What the store refuses

        /// Whoever may read and not write is told so by the close. What was written stays here, and comes into the bucket as
        /// soon as somebody asks for it who may.
        @Test(arguments: ["close", "fsync"]) func thePermissionToWriteIsLost(commit: String) async throws {
            try await bucket.put(["old": "old\n"])
            try sandbox.expect(0, task("commit: \(commit)"))
            proxy.add(Fault.writing(Fault.refusal(403, "AccessDenied"), times: .max))
            let said = try sandbox.shell("cp \(sandbox.path("large")) $M/f; echo new > $M/old; cat $M/old")
            #expect(said.output == "new\n")
            let isTold = said.errors.components(separatedBy: "Permission denied").count - 1
            // A shell does not look at what its own close says.
            #expect(isTold == (commit == "close" ? 1 : 0), "\(said)")
            let flushed = try sandbox.document("flush")
            #expect(flushed.exitCode == 75 && flushed.mounts.first?.code == "not-saved", "\(flushed.json)")
            let status = try sandbox.status()
            #expect(status.uploads["pending"] == 2 && status.uploads["failed"] == 2 && status.code == "denied")
            let log = try TemporaryFolder.text(of: sandbox.files.state + "/task/log")
            let reasons = ["AccessDenied", "refuses the token", "refuses anonymous access"]
            #expect(reasons.contains { log.contains($0) }, "\(log)")
            // Who looks elsewhere sees what was there.
            try await bucket.succeed(bucket.task())
            bucket.expect(["old": "old\n"])
            proxy.removeFaults()
            #expect(try sandbox.document("flush").exitCode == 0)
            Files.removeTree(bucket.files.destination)
            try await expectSaved(["f": Self.large, "old": Array("new\n".utf8)])
        }

        // MARK: What the disk refuses

        /// The disk that files are staged on is full: whoever writes more is told. What is on it stays there, also when the session
        /// is killed, which then finds no room for a journal, and it leaves as soon as it can.
        @Test(.enabled(if: LoopDisk.isPossible, Comment(rawValue: LoopDisk.absence))) func theDiskIsFull() async throws
        {
            let disk = try LoopDisk(mebibytes: 56)
            try sandbox.expect(0, task("commit: background, staging: {dir: \(disk.path), size: 1GiB}"))
            proxy.add(Fault.writing(.hangUp, times: .max))
            #expect(try sandbox.output("cp \(sandbox.path("large")) $M/f; echo small > $M/s") == "")
            let full = try sandbox.shell("dd if=/dev/zero of=$M/g bs=1M count=60 status=none")
            #expect(full.status != 0 && full.errors.contains("No space left on device"), "\(full)")
            let session = try #require(sandbox.sessions.first)
            kill(session, SIGKILL)
            try sandbox.wait("another session") { try sandbox.status().process.map { $0 != session } ?? false }
            #expect(try sandbox.output("cmp $M/f \(sandbox.path("large")); cat $M/s") == "small\n")
            #expect(try sandbox.document("flush", "--drain-timeout", "1s").exitCode == 75)
            proxy.removeFaults()
            #expect(try sandbox.output("rm $M/g; echo more > $M/h") == "")
            try await expectSaved(["f": Self.large, "s": Array("small\n".utf8), "h": Array("more\n".utf8)])
        }

        /// The bucket is deleted under a mount, and made again.
        @Test func theBucketIsGoneForAWhile() async throws {
            try sandbox.expect(0, task())
            try await bucket.server.removeBucket(bucket.bucket)
            try sandbox.write(["new": "new\n"])
            let said = try sandbox.shell("cp \(sandbox.path("new")) $M/f")
            #expect(said.status != 0 && said.errors.contains("No such file or directory"), "\(said)")
            #expect(try sandbox.output("cat $M/f") == "new\n")
            let flushed = try sandbox.document("flush")
            #expect(flushed.exitCode == 75 && flushed.mounts.first?.code == "not-saved", "\(flushed.json)")
            #expect(try sandbox.status().uploads["failed"] == 1)
            #expect(try sandbox.document("down").exitCode == 75)
            try await bucket.server.makeBucket(named: bucket.bucket)
            try await expectSaved(["f": Array("new\n".utf8)])
        }
    }
}

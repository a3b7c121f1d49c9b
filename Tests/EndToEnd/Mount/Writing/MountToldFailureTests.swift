import Foundation
import Glibc
import TestSupport
import Testing

extension WritingTasks {
    /// What fails when no program can be told any more, or only one of many: the status and the ends of a task say it.
    @Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct MountToldFailureTests {
        private let bucket: BucketSandbox
        private let proxy: FaultProxy
        private let sandbox: MountSandbox

        init() async throws {
            var bucket = try await BucketSandbox(.text(["old": "old\n"]))
            proxy = try bucket.proxy()
            sandbox = try MountSandbox(reading: bucket)
            bucket.port = bucket.server.port
            self.bucket = bucket
        }

        private func task(_ keys: String = "commit: close") -> String {
            "file_mounts: {\(sandbox.destination): {source: \"\(bucket.url)\", mode: MOUNT, \(keys)}}"
        }

        private func expectInBucket(
            _ objects: [String: String], at location: Testing.SourceLocation = #_sourceLocation
        ) async throws {
            Files.removeTree(bucket.files.destination)
            try await bucket.succeed(bucket.task(), at: location)
            bucket.expect(.text(objects.merging(["old": "old\n"]) { new, _ in new }), at: location)
        }

        // MARK: Attributes

        /// They are lost, and that is said: to whoever looks, and at every end until it is unmounted.
        @Test func attributesThatAreRefused() async throws {
            try sandbox.expect(0, task())
            #expect(try sandbox.output("echo new > $M/new") == "")
            proxy.add(Fault.writing("new", Fault.refusal(403, "AccessDenied"), times: .max))
            #expect(try sandbox.output("chmod 600 $M/new") == "")
            let flushed = try sandbox.document("flush")
            #expect(flushed.exitCode == 74 && flushed.mounts.first?.code == "attributes-lost", "\(flushed.json)")
            let status = try sandbox.status()
            #expect(status.code == "denied" && status.trouble.contains("new: attributes cannot be stored"))
            #expect(status.uploads["pending"] == 0 && status.uploads["files"] == 1, "\(status.json)")
            let ended = try sandbox.document("down")
            #expect(ended.exitCode == 74 && ended.mounts.first?.state == "unmounted", "\(ended.json)")
            #expect(ended.mounts.first?.trouble.contains("1 file is in the bucket without the mode") == true)
            #expect(try sandbox.status().code == "attributes-lost")
            try await expectInBucket(["new": "new\n"])
            // That was that run's.
            proxy.removeFaults()
            try sandbox.expect(0, task())
            #expect(try sandbox.document("down").exitCode == 0)
        }

        /// They are pending like bytes, and nobody is told that everything is there.
        @Test func attributesThatCannotBeStoredNow() async throws {
            try sandbox.expect(0, task())
            proxy.add(Fault.writing("old", .hangUp, times: .max))
            #expect(try sandbox.output("chmod 600 $M/old") == "")
            for verb in ["flush", "down"] {
                let late = try sandbox.document(verb, "--drain-timeout", "1s")
                #expect(late.exitCode == 75 && late.mounts.first?.code == "not-saved", "\(late.json)")
                #expect(late.mounts.first?.state == "mounted" && late.mounts.first?.uploads["pending"] == 1)
            }
            proxy.removeFaults()
            #expect(try sandbox.document("down").exitCode == 0)
            try sandbox.expect(0, sandbox.task(of: bucket))
            #expect(try sandbox.output("stat -c %a $M/old") == "600\n")
        }

        // MARK: A close that cannot tell

        /// A shell puts its own output back with dup2, which hears nothing of the close that it is.
        @Test func aShellThatRedirects() async throws {
            try sandbox.expect(0, task())
            proxy.add(Fault.writing("new", Fault.refusal(403, "AccessDenied"), times: .max))
            let shell = try sandbox.shell("echo new > $M/new && echo told nothing")
            #expect(shell.status == 0 && shell.output == "told nothing\n", "\(shell)")
            try sandbox.wait("the status saying so") { try sandbox.status().uploads["failed"] == 1 }
            #expect(try sandbox.status().code == "denied")
            #expect(try sandbox.document("flush").exitCode != 0)
            proxy.removeFaults()
            #expect(try sandbox.document("down").exitCode == 0)
            try await expectInBucket(["new": "new\n"])
        }

        // MARK: Putting aside

        /// The bytes stay where they were staged, and that place is told until the next run has put them where they belong.
        @Test func whatCannotBePutAside() async throws {
            try sandbox.expect(0, task())
            let staging = try sandbox.output("echo \(sandbox.files.state)/task/staging/dst-*").dropLast()
            #expect(try sandbox.output("echo in the way > \(staging)/kept") == "")
            let writer = try sandbox.startTorn("old")
            writer.signal(SIGKILL)
            _ = try writer.wait()
            try sandbox.wait("it kept") { try !sandbox.status().kept.isEmpty }
            let status = try sandbox.status()
            #expect(status.kept.map { $0["reason"] } == ["torn"] && status.code == "not-found", "\(status.json)")
            #expect(status.trouble.contains("old: cannot be kept aside, and stays in \(staging)/"))
            #expect(try TemporaryFolder.text(of: status.kept[0]["file"] ?? "") == "torn")
            let ended = try sandbox.document("down")
            #expect(ended.exitCode == 74 && ended.mounts.first?.code == "kept", "\(ended.json)")
            #expect(try sandbox.output("rm \(staging)/kept") == "")
            let kept = try sandbox.expect(0, task()).mounts.first?.kept ?? []
            #expect(kept.count == 1 && kept[0]["file"]?.contains("/kept/torn-") == true, "\(kept)")
            #expect(try TemporaryFolder.text(of: kept[0]["file"] ?? "") == "torn")
            // Until somebody takes it away.
            #expect(try sandbox.output("rm \(kept[0]["file"] ?? "")") == "")
            #expect(try sandbox.status().kept == [])
            #expect(try sandbox.document("down").exitCode == 0)
            try await expectInBucket([:])
        }

        // MARK: The journal

        /// A program that writes to `f`, and goes on when it may; `tell` says what becomes of a call.
        private func startWriter(_ first: String, _ then: String) throws -> RunningProgram {
            let script = """
                import errno, os, sys, time
                def tell(call, *arguments):
                    try: call(*arguments)
                    except OSError as error: return errno.errorcode[error.errno]
                file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o644)
                \(first)
                print('written', flush=True)
                while not os.path.exists(sys.argv[2]): time.sleep(0.02)
                \(then)
                """
            let words = ["timeout", "-s", "KILL", "60", "python3", "-c", script]
            let writer = try Program.start(words + [sandbox.destination + "/f", sandbox.path("go")])
            try sandbox.wait("it written") { writer.outputSoFar.contains("written") }
            return writer
        }

        /// Nothing more can be noted: whoever writes or closes is told, what was written is pending, and comes into the bucket when
        /// there is room again.
        @Test(.enabled(if: LoopDisk.isPossible, Comment(rawValue: LoopDisk.absence)))
        func thereIsNoRoomForTheJournal() async throws {
            let disk = try LoopDisk(mebibytes: 24)
            try sandbox.expect(0, task("commit: background, staging: {dir: \(disk.path), size: 1GiB}"))
            let writer = try startWriter(
                "os.write(file, b'.' * 300_000)",
                """
                place = 0
                while not (told := tell(os.pwrite, file, b'!', place)): place += 1000
                print(told, tell(os.close, file), place, flush=True)
                """)
            // What follows is about bytes that are there already, and each notes where they are.
            try disk.fill()
            try sandbox.write(["go": ""])
            let told = try writer.wait(seconds: 60).output.split(separator: "\n").last?.split(separator: " ") ?? []
            #expect(told.prefix(2) == ["ENOSPC", "ENOSPC"], "\(told)")
            #expect(try sandbox.shell("echo x > $M/another").errors.contains("No space left on device"))
            try sandbox.wait("the status says so") { try sandbox.status().uploads["failed"] == 1 }
            let status = try sandbox.status()
            #expect(status.code == "no-space" && status.trouble.contains("No space left on device"), "\(status.json)")
            for verb in ["flush", "down"] {
                let refused = try sandbox.document(verb)
                #expect(refused.exitCode == 75 && refused.mounts.first?.code == "not-saved", "\(refused.json)")
                #expect(refused.mounts.first?.state == "mounted", "\(refused.json)")
            }
            #expect(try sandbox.output("rm \(disk.path)/filling") == "")
            let ended = try sandbox.document("down")
            #expect(ended.exitCode == 0 && ended.mounts.first?.kept == [], "\(ended.json)")
            #expect(FileTree(disk.path).names.filter { $0.hasSuffix(".data") || $0.hasSuffix(".log") } == [])
            try await bucket.succeed(bucket.task())
            let saved = try [UInt8](#require(bucket.files.content("dst/f")).utf8)
            let end = try #require(told.last.flatMap { Int($0) })
            #expect(saved.count == 300_000)
            for place in 0..<saved.count where place != end {
                let isChanged = place < end && place % 1000 == 0
                guard saved[place] == UInt8(ascii: isChanged ? "!" : ".") else {
                    Issue.record("\(place) is not what was written")
                    break
                }
            }
        }

        /// The disk itself is gone: programs get errors, what is in the bucket is read on, and no end calls it good.
        @Test(.enabled(if: LoopDisk.isPossible, Comment(rawValue: LoopDisk.absence))) func theDiskDies() async throws {
            let disk = try LoopDisk(mebibytes: 24)
            try sandbox.expect(0, task("commit: background, staging: {dir: \(disk.path), size: 1GiB}"))
            let writer = try startWriter(
                "os.write(file, b'before')",
                "print(tell(os.write, file, b'behind'), tell(os.fsync, file), tell(os.close, file), flush=True)")
            try disk.shutDown()
            try sandbox.write(["go": ""])
            let told = try writer.wait(seconds: 60)
            #expect(told.output == "written\nEIO EIO EIO\n", "\(told)")
            #expect(try sandbox.shell("echo x > $M/another").errors.contains("Input/output error"))
            #expect(try sandbox.output("cat $M/old") == "old\n")
            try sandbox.wait("the status says so") { try sandbox.status().uploads["failed"] == 1 }
            let status = try sandbox.status()
            #expect(status.code == "input-output" && status.trouble.contains("Input/output error"), "\(status.json)")
            for verb in ["flush", "down"] {
                let refused = try sandbox.document(verb)
                #expect(refused.exitCode == 75 && refused.mounts.first?.code == "not-saved", "\(refused.json)")
                #expect(refused.mounts.first?.state == "mounted", "\(refused.json)")
            }
            let forced = try sandbox.document("down", "--force")
            #expect(forced.exitCode == 75 && forced.mounts.first?.state == "unmounted", "\(forced.json)")
            try sandbox.expectNothingLeft()
            try await expectInBucket([:])
        }
    }
}

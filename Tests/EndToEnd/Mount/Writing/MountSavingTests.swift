import Foundation
import TestSupport
import Testing

extension WritingTasks {
    /// What becomes of what was written: in the status, with `flush` and `down`, and when processes are killed.
    @Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct MountSavingTests {
        let bucket: BucketSandbox
        let proxy: FaultProxy
        let sandbox: MountSandbox

        init() async throws {
            var bucket = try await BucketSandbox(["old": Array("old\n".utf8)])
            proxy = try FaultProxy(to: bucket.server.port)
            bucket.port = proxy.port
            sandbox = try MountSandbox(reading: bucket)
            bucket.port = bucket.server.port
            self.bucket = bucket
        }

        /// From now on nothing can be written to the bucket.
        func close() { proxy.add(Fault.writing(.hangUp, times: .max)) }
        func reopen() { proxy.removeFaults() }

        func task(_ keys: String = "commit: background", below prefix: String = "") -> String {
            "file_mounts: {\(sandbox.destination): "
                + "{source: \"\(bucket.url)\(prefix)\", mode: MOUNT, \(keys)}}"
        }

        /// What the bucket holds in the end.
        func expectInBucket(
            _ objects: [String: String], at location: Testing.SourceLocation = #_sourceLocation
        ) async throws {
            try await bucket.succeed(bucket.task(), at: location)
            bucket.expect(objects.merging(["old": "old\n"]) { new, _ in new }, at: location)
        }

        /// Mounted, with one file written that cannot come into the bucket.
        func writeInVain() throws {
            try sandbox.expect(0, task())
            close()
            #expect(try sandbox.shell("echo new > $M/new").status == 0)
        }

        // MARK: While it is mounted

        /// Each takes descriptors of the session, which must not be as few as the system gives to everybody.
        @Test func moreFilesAreOpenThanDescriptorsAreUsual() async throws {
            let mounted = try sandbox.run(task(), before: ["prlimit", "--nofile=128:4096"])
            #expect(mounted.status == 0, "\(mounted.errors)")
            let script = """
                import sys
                files = [open(f"{sys.argv[1]}/{i}", "w") for i in range(300)]
                for file in files: file.write("x")
                for file in files: file.close()
                """
            let written = try sandbox.shell("exec \(Judge.python) -c '\(script)' $M")
            #expect(written.status == 0, "\(written.errors)")
            let flushed = try sandbox.document("flush")
            #expect(flushed.exitCode == 0 && flushed.mounts.first?.uploads["files"] == 300, "\(flushed.json)")
        }

        @Test func itIsSaved() async throws {
            try sandbox.expect(0, task())
            #expect(try sandbox.shell("echo new > $M/new; mkdir $M/d; echo deep > $M/d/e").status == 0)
            let flushed = try sandbox.document("flush")
            #expect(flushed.exitCode == 0 && flushed.mounts.first?.state == "mounted", "\(flushed.json)")
            let status = try sandbox.status()
            #expect(status.uploads == ["files": 2, "bytes": 9, "pending": 0, "failed": 0], "\(status.json)")
            let text = try sandbox.verb("status")
            #expect(text.output.contains("\(sandbox.destination): 2 files saved, 9 B\n"), "\(text)")
            let ended = try sandbox.document("down")
            #expect(ended.exitCode == 0 && ended.mounts.first?.state == "unmounted", "\(ended.json)")
            #expect(ended.mounts.first?.uploads["files"] == 2)
            try sandbox.expectNothingLeft()
            #expect(sandbox.staged == [])
            try await expectInBucket(["new": "new\n", "d/e": "deep\n"])
        }

        /// Of a large object that something is written behind only that goes to the bucket, and nothing comes from there.
        @Test func whatIsAppendedIsAllThatMoves() async throws {
            let mib = 1 << 20
            let (large, more) = (BucketSandbox.bytes(40 * mib), BucketSandbox.bytes(mib, seed: 2))
            try await bucket.put(["large": large])
            try sandbox.expect(0, task("commit: close"))
            try Files.write(more, to: Array(sandbox.path("more").utf8))
            let before = proxy.passages.count
            #expect(
                try sandbox.output("cat \(sandbox.path("more")) >> $M/large && stat -c %s $M/large") == "42991616\n")
            let passages = proxy.passages.dropFirst(before)
            let sent = passages.reduce(0) { $0 + (Int($1.request["content-length"] ?? "") ?? 0) }
            let read = passages.reduce(0) { $0 + $1.sent }
            #expect(sent < 2 * mib && read < mib, "\(sent), \(read)")
            #expect(try sandbox.document("down").exitCode == 0)
            try await bucket.succeed(bucket.task())
            bucket.expect(["old": Array("old\n".utf8), "large": large + more])
        }

        /// With `commit: close` a program waits for the bucket, so that nothing is left to be saved.
        @Test func closeWaits() async throws {
            try sandbox.expect(0, task("commit: close"))
            close()
            let writer = try sandbox.start("echo new > $M/new && echo closed")
            try sandbox.wait("the status says what is waited for") { try sandbox.status().uploads["pending"] == 1 }
            try await Task.sleep(for: .seconds(1))
            #expect(try writer.isRunning)
            reopen()
            #expect(try writer.wait(seconds: 60).output == "closed\n")
            #expect(try sandbox.document("down").exitCode == 0)
            try await expectInBucket(["new": "new\n"])
        }

        /// `sync FILE` opens it to read; where a close does not wait for the bucket, that does.
        @Test func whoSynchronizesWaits() async throws {
            try sandbox.expect(0, task("commit: fsync"))
            let mayGoOn = DispatchSemaphore(value: 0)
            proxy.add(Fault.writing("new", .meanwhile { mayGoOn.wait() }))
            let writer = try sandbox.start("echo new > $M/new && echo closed && sync $M/new && echo saved")
            try sandbox.wait("it closed") { writer.outputSoFar.contains("closed") }
            try await Task.sleep(for: .milliseconds(500))
            #expect(try writer.isRunning && writer.outputSoFar == "closed\n")
            mayGoOn.signal()
            #expect(try writer.wait(seconds: 60).output == "closed\nsaved\n")
            try await expectInBucket(["new": "new\n"])
        }

        @Test func flushWaitsForTheStore() async throws {
            try writeInVain()
            let late = try sandbox.document("flush", "--drain-timeout", "1s")
            #expect(late.exitCode == 75 && late.result == "failed", "\(late.json)")
            #expect(late.mounts.first?.code == "not-saved" && late.mounts.first?.uploads["pending"] == 1)
            let flush = try sandbox.startVerb("flush")
            try sandbox.wait("it draining") { try sandbox.status().state == "draining" }
            #expect(try flush.isRunning)
            reopen()
            #expect(try flush.wait(seconds: 60).status == 0)
            #expect(try sandbox.status().state == "mounted")
            #expect(try sandbox.document("down").exitCode == 0)
            try await expectInBucket(["new": "new\n"])
        }

        // MARK: Unmounting

        @Test func whatIsNotSavedStaysMounted() async throws {
            try writeInVain()
            let late = try sandbox.document("down", "--drain-timeout", "1s")
            #expect(late.exitCode == 75 && late.mounts.first?.state == "mounted", "\(late.json)")
            #expect(late.mounts.first?.code == "not-saved", "\(late.json)")
            #expect(try sandbox.output("cat $M/new") == "new\n")
            let down = try sandbox.startVerb("down")
            try await Task.sleep(for: .seconds(1))
            #expect(try down.isRunning)
            reopen()
            #expect(try down.wait(seconds: 60).status == 0)
            try sandbox.expectNothingLeft()
            try await expectInBucket(["new": "new\n"])
        }

        /// And what is in its staging folder then comes into the bucket with the next run.
        @Test func forcing() async throws {
            try writeInVain()
            let forced = try sandbox.document("down", "--force", "--drain-timeout", "1s")
            #expect(forced.exitCode == 75 && forced.mounts.first?.state == "unmounted", "\(forced.json)")
            #expect(forced.mounts.first?.code == "not-saved", "\(forced.json)")
            try sandbox.expectNothingLeft()
            let status = try sandbox.status()
            #expect(status.state == "unmounted" && status.uploads["pending"] == 1, "\(status.json)")
            #expect(!sandbox.staged.isEmpty)
            // As long as nobody has brought it there, everybody who asks is told.
            for verb in ["flush", "down", "flush", "down"] {
                let told = try sandbox.document(verb)
                #expect(told.exitCode == 75 && told.mounts.map(\.code) == ["not-saved"], "\(verb): \(told.json)")
                #expect(told.mounts.first?.state == "unmounted")
            }
            reopen()
            try sandbox.expect(0, task())
            #expect(try sandbox.document("flush").exitCode == 0)
            #expect(try sandbox.status().uploads["files"] == 1)
            #expect(try sandbox.document("down").exitCode == 0)
            #expect(sandbox.staged == [])
            try await expectInBucket(["new": "new\n"])
        }

        @Test func unmountingByHand() async throws {
            try writeInVain()
            #expect(try sandbox.shell("umount $M").status == 0)
            try sandbox.wait("the status says that it saves") { try sandbox.status().state == "draining" }
            #expect(sandbox.sessions.count == 1)
            reopen()
            try sandbox.expectNothingLeft()
            #expect(try sandbox.status().state == "unmounted")
            try await expectInBucket(["new": "new\n"])
        }

        /// Nobody waits for a store that refuses: somebody has to see to that first.
        @Test func aRefusalIsToldOfAtOnce() async throws {
            try sandbox.expect(0, task())
            proxy.add(Fault.writing(Fault.refusal(403, "AccessDenied"), times: .max))
            #expect(try sandbox.shell("echo new > $M/new").status == 0)
            let flushed = try sandbox.document("flush")
            #expect(flushed.exitCode == 75 && flushed.mounts.first?.code == "not-saved", "\(flushed.json)")
            #expect(flushed.mounts.first?.uploads["failed"] == 1, "\(flushed.json)")
            #expect(try sandbox.document("down").exitCode == 75)
            #expect(try sandbox.document("down", "--force").mounts.first?.state == "unmounted")
            reopen()
            try sandbox.expect(0, task())
            #expect(try sandbox.document("down").exitCode == 0)
            try await expectInBucket(["new": "new\n"])
        }

        // MARK: Signals and deaths

        @Test func aSignalSaves() async throws {
            try writeInVain()
            kill(try #require(sandbox.supervisors.first), SIGTERM)
            try sandbox.wait("it gone from its path") { sandbox.mounts == [] }
            #expect(sandbox.sessions.count == 1)
            reopen()
            try sandbox.expectNothingLeft()
            let status = try sandbox.status()
            #expect(status.state == "unmounted" && status.uploads["files"] == 1, "\(status.json)")
            try await expectInBucket(["new": "new\n"])
        }

        @Test func aSecondSignalDoesNotWaitForLong() async throws {
            try writeInVain()
            kill(try #require(sandbox.supervisors.first), SIGTERM)
            try sandbox.wait("it gone from its path") { sandbox.mounts == [] }
            // The kernel gives it the number of the one that has gone.
            let other = try MountSandbox(of: ["a": "other\n"])
            try other.expect(0, other.task())
            kill(try #require(sandbox.supervisors.first), SIGTERM)
            try sandbox.wait("everybody gone", seconds: 60) {
                sandbox.supervisors.isEmpty && sandbox.sessions.isEmpty
            }
            #expect(try other.output("cat $M/a") == "other\n")
            let status = try sandbox.status()
            #expect(status.code == "not-saved" && status.uploads["pending"] == 1, "\(status.json)")
            reopen()
            try sandbox.expect(0, task())
            #expect(try sandbox.document("down").exitCode == 0)
            try await expectInBucket(["new": "new\n"])
        }

        /// Another session goes on with what was staged, and programs notice nothing.
        @Test func theSessionIsKilled() async throws {
            try writeInVain()
            for _ in 0..<3 {
                let session = try #require(sandbox.sessions.first)
                kill(session, SIGKILL)
                try sandbox.wait("another session") {
                    try sandbox.status().process.map { $0 != session } ?? false
                }
            }
            #expect(try sandbox.output("cat $M/new") == "new\n")
            #expect(try sandbox.status().uploads["pending"] == 1)
            let flush = try sandbox.startVerb("flush")
            try sandbox.wait("it draining") { try sandbox.status().state == "draining" }
            // The one that was asked is not the one that answers.
            kill(try #require(sandbox.sessions.first), SIGKILL)
            reopen()
            #expect(try flush.wait(seconds: 60).status == 0)
            #expect(try sandbox.document("down").exitCode == 0)
            try await expectInBucket(["new": "new\n"])
        }

        @Test func theSupervisorIsKilled() async throws {
            try writeInVain()
            kill(try #require(sandbox.supervisors.first), SIGKILL)
            try sandbox.wait("its session gone") { sandbox.sessions.isEmpty }
            let status = try sandbox.status()
            #expect(status.code == "dead" && status.uploads["pending"] == 1, "\(status.json)")
            #expect(try sandbox.document("flush").exitCode == 75)
            let ended = try sandbox.document("down")
            #expect(ended.exitCode == 75 && ended.mounts.first?.state == "unmounted", "\(ended.json)")
            try sandbox.expectNothingLeft()
            // It is still so.
            #expect(try sandbox.document("down").exitCode == 75)
            #expect(try sandbox.status().code == "not-saved")
            try sandbox.expect(0, task())
            try sandbox.wait("it recovering") { try sandbox.status().state == "recovering" }
            reopen()
            #expect(try sandbox.document("flush").exitCode == 0)
            #expect(try sandbox.status().state == "mounted")
            #expect(try sandbox.document("down").exitCode == 0)
            #expect(sandbox.staged == [])
            try await expectInBucket(["new": "new\n"])
        }

        // MARK: What is kept

        /// A program dies in the middle of a file: the object stays as it was, and what was written of the new one is kept.
        @Test func aTornFileIsKept() async throws {
            try sandbox.expect(0, task("commit: close"))
            let writer = try sandbox.startTorn("old")
            // As long as it may come to something it counts for nothing.
            #expect(try sandbox.status().uploads == ["files": 0, "bytes": 0, "pending": 0, "failed": 0])
            #expect(try sandbox.document("flush").exitCode == 0)
            writer.signal(SIGKILL)
            _ = try writer.wait()
            try sandbox.wait("the status says so") { try !sandbox.status().kept.isEmpty }
            let kept = try sandbox.status().kept[0]
            #expect(kept["path"] == "old" && kept["reason"] == "torn", "\(kept)")
            #expect(try TemporaryFolder.text(of: kept["file"] ?? "") == "torn")
            #expect(try sandbox.output("cat $M/old") == "old\n")
            #expect(try sandbox.verb("status").output.contains("kept (torn) old: \(kept["file"] ?? "-")\n"))
            let ended = try sandbox.document("down")
            #expect(ended.exitCode == 74 && ended.mounts.first?.state == "unmounted", "\(ended.json)")
            #expect(ended.mounts.first?.code == "kept" && ended.mounts.first?.kept == [kept])
            try sandbox.expectNothingLeft()
            try await expectInBucket([:])
        }

        @Test func aTornFileIsUploadedWhereThatIsWanted() async throws {
            try sandbox.expect(0, task("commit: close, on_torn: upload"))
            let writer = try sandbox.startTorn("old")
            writer.signal(SIGKILL)
            _ = try writer.wait()
            let ended = try sandbox.document("down")
            #expect(ended.exitCode == 0 && ended.mounts.first?.kept == [], "\(ended.json)")
            try await expectInBucket(["old": "torn"])
        }

        /// Somebody else has changed the object meanwhile: theirs stays, and ours is kept.
        @Test func aConflictIsKept() async throws {
            try sandbox.expect(0, task("commit: close"))
            let writer = try sandbox.start(
                "exec 3>> $M/old; echo open; while [ ! -e \(sandbox.path("go")) ]; do sleep 0.05; done; echo mine >&3")
            try sandbox.wait("it open") { writer.outputSoFar.contains("open") }
            try await bucket.put(["old": "theirs\n"])
            try sandbox.files.folder.write("", to: "go")
            _ = try writer.wait()
            try sandbox.wait("the status says so") { try !sandbox.status().kept.isEmpty }
            let kept = try sandbox.status().kept[0]
            #expect(kept["path"] == "old" && kept["reason"] == "conflict", "\(kept)")
            let ended = try sandbox.document("down")
            #expect(ended.exitCode == 74 && ended.mounts.first?.state == "unmounted", "\(ended.json)")
            try await expectInBucket(["old": "theirs\n"])
        }

        /// Of a program that died with the whole machine, so to speak, the next run tells, and that is no failure of it.
        @Test func whatIsFoundTornIsToldOf() async throws {
            try sandbox.expect(0, task("commit: close"))
            let writer = try sandbox.startTorn("new")
            kill(try #require(sandbox.supervisors.first), SIGKILL)
            try sandbox.wait("its session gone") { sandbox.sessions.isEmpty }
            writer.signal(SIGKILL)
            _ = try writer.wait()
            let run = try sandbox.expect(0, task("commit: close"))
            #expect(run.mounts.first?.kept.map { $0["reason"] } == ["torn"], "\(run.json)")
            #expect(run.mounts.first?.kept.map { $0["path"] } == ["new"], "\(run.json)")
            #expect(try sandbox.document("down").exitCode == 0)
            try await expectInBucket([:])
        }
    }
}

extension MountSandbox {
    /// A verb about the last task, while the test goes on.
    func startVerb(_ words: String...) throws -> RunningProgram {
        try Program.start(
            [Program.provision] + words + ["task", "--state-dir", files.state], environment: environment,
            in: files.folder.path)
    }

    /// A program that has written a part of a file, and waits. No shell: those move descriptors about.
    func startTorn(_ name: String) throws -> RunningProgram {
        let script = """
            import sys, time
            file = open(sys.argv[1], 'wb', buffering=0)
            file.write(b'torn')
            print('begun', flush=True)
            time.sleep(60)
            """
        let writer = try Program.start(["python3", "-c", script, destination + "/" + name])
        try wait("it begun") { writer.outputSoFar.contains("begun") }
        return writer
    }

    /// What is in the staging folders of the task.
    var staged: [String] {
        FileTree(files.state + "/task/staging").names.filter { $0.hasSuffix(".data") || $0.hasSuffix(".log") }.sorted()
    }
}

extension Document.Mount {
    var uploads: [String: Int] { json["uploads"] as? [String: Int] ?? [:] }
    var kept: [[String: String]] { json["kept"] as? [[String: String]] ?? [] }
}

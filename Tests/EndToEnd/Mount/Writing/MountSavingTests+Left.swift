import Glibc
import TestSupport
import Testing

/// What has stayed staged when a mount went: whoever asks is told of it, until it is in the bucket.
extension WritingTasks.MountSavingTests {
    /// It was written for another bucket.
    @Test func anotherSourceDoesNotGetIt() async throws {
        try writeInVain()
        #expect(try sandbox.document("down", "--force", "--drain-timeout", "1s").exitCode == 75)
        reopen()
        let refused = try sandbox.expect(78, task(below: "/d/"))
        #expect(refused.mounts.first?.trouble.contains("holds files that are not in") == true)
        // Both are told: that it was refused, and for which one something waits.
        let status = try sandbox.document("status").mounts
        #expect(status.map(\.state) == ["failed", "unmounted"], "\(status.map(\.json))")
        #expect(status.last?.code == "not-saved" && status.last?.json["source"] as? String == bucket.url)
        #expect(try sandbox.document("flush").exitCode == 75)
        try sandbox.expect(0, task())
        #expect(try sandbox.document("down").exitCode == 0)
        try sandbox.expect(0, task(below: "/d/"))
        try await expectInBucket(["new": "new\n"])
    }

    /// Whoever takes it away himself wants no more to hear of it.
    @Test func whatIsTakenAwayByHand() throws {
        try writeInVain()
        #expect(try sandbox.document("down", "--force", "--drain-timeout", "1s").exitCode == 75)
        #expect(try sandbox.document("flush").exitCode == 75)
        for name in sandbox.staged { Files.removeTree(sandbox.files.state + "/task/staging/" + name) }
        for verb in ["flush", "down"] {
            let ended = try sandbox.document(verb)
            #expect(ended.exitCode == 0 && ended.mounts.isEmpty, "\(ended.json)")
        }
        let status = try sandbox.status()
        #expect(status.state == "unmounted" && status.code == nil && status.uploads["pending"] == 0)
    }

    /// A log that nobody can read tells of nothing that a run could bring into the bucket: its bytes are kept, and no failure.
    @Test func whatIsDamaged() throws {
        try writeInVain()
        #expect(try sandbox.document("down", "--force", "--drain-timeout", "1s").exitCode == 75)
        let log = try #require(sandbox.staged.first { $0.hasSuffix(".log") })
        try Files.write("?", to: sandbox.files.state + "/task/staging/" + log)
        reopen()
        try sandbox.expect(0, task())
        let status = try sandbox.status()
        #expect(status.kept.map { $0["reason"] } == ["damaged"], "\(status.json)")
        for _ in 0..<2 { #expect(try sandbox.document("down").exitCode == 0) }
    }

    /// Sessions have given up, and the next run stages elsewhere.
    @Test func whatIsStagedElsewhereThen() throws {
        try writeInVain()
        var killed: Set<Int32> = []
        try sandbox.wait("nobody tries again", seconds: 60) {
            for session in sandbox.sessions where killed.insert(session).inserted { kill(session, SIGKILL) }
            return try sandbox.status().state == "failed"
        }
        reopen()
        let elsewhere = sandbox.path("elsewhere")
        try sandbox.expect(0, task("commit: background, staging: {dir: \(elsewhere)}"))
        for verb in ["flush", "down", "down"] {
            let told = try sandbox.document(verb)
            let left = told.mounts.first { $0.code == "not-saved" }
            #expect(told.exitCode == 75 && left?.state == "unmounted", "\(verb): \(told.json)")
            #expect(left?.trouble.contains(sandbox.files.state + "/task/staging/") == true, "\(told.json)")
        }
        try sandbox.expect(0, task())
        #expect(try sandbox.document("flush").exitCode == 0)
        #expect(try sandbox.document("down").exitCode == 0)
        #expect(sandbox.staged == [])
    }

    /// Whoever was killed has left something, and the next ones serve something else, or nobody, or cannot mount.
    @Test func othersComeAndGo() async throws {
        try writeInVain()
        for process in sandbox.supervisors + sandbox.sessions { kill(process, SIGKILL) }
        try sandbox.wait("everybody gone") { sandbox.supervisors.isEmpty && sandbox.sessions.isEmpty }
        func expectTold(_ when: String, beside others: Int = 0) throws {
            for verb in ["flush", "down"] {
                let told = try sandbox.document(verb)
                #expect(told.exitCode == 75 && told.mounts.count == 1 + others, "\(when), \(verb): \(told.json)")
                let left = told.mounts.first { $0.destination == sandbox.destination }
                #expect(left?.code == "not-saved" && left?.state == "unmounted", "\(when), \(verb): \(told.json)")
                #expect(left?.uploads["pending"] == 1, "\(when), \(verb): \(told.json)")
            }
            try sandbox.expectNothingLeft()
        }

        // One whose run was killed before it asked for anything.
        let idle = try Program.start([Program.provision, "__supervisor", sandbox.files.state, "task"])
        try sandbox.wait("it there") { try sandbox.document("status").mounts.first?.code == "not-saved" }
        try expectTold("one with nothing to do")
        _ = try idle.wait(seconds: 60)

        let other = sandbox.path("other")
        try sandbox.expect(0, "file_mounts: {\(other): {source: \"\(bucket.url)\", mode: MOUNT, read_only: true}}")
        let both = try sandbox.document("status").mounts
        #expect(Set(both.map(\.destination)) == [other, sandbox.destination], "\(both.map(\.json))")
        #expect(both.first { $0.destination == other }?.state == "mounted")
        try expectTold("one with another mount", beside: 1)

        // The store refuses the same mount.
        proxy.add(Fault(Fault.refusal(403, "AccessDenied"), times: .max) { _ in true })
        #expect(try sandbox.run(task()).status == 77)
        try expectTold("one that cannot mount")
        reopen()
        try sandbox.expect(0, task())
        #expect(try sandbox.document("flush").exitCode == 0)
        #expect(try sandbox.document("down").exitCode == 0)
        #expect(try sandbox.document("down").exitCode == 0)
        #expect(sandbox.staged == [])
        try await expectInBucket(["new": "new\n"])
    }
}

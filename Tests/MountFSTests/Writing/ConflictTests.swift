import Glibc
import ObjectStore
import Platform
import Testing

@testable import MountFS

/// Somebody else writes to what is being written here: nobody's bytes are lost unknowingly.
struct ConflictTests {
    private static let withoutConditions: @Sendable (inout StoreCapabilities) -> Void = { can in
        can.conditionalPut = false
        can.conditionalComplete = false
        can.conditionalCopy = false
        can.conditionalDelete = false
    }

    private func sandbox(hasConditions: Bool, _ objects: [String: String] = ["f": "old"]) throws -> WritingSandbox {
        try WritingSandbox(
            .close, objects, bucket: hasConditions ? .writable() : .writable(Self.withoutConditions))
    }

    private func expectTheirs(
        _ text: String?, ours: String, in sandbox: WritingSandbox, at location: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(sandbox.bucket.text("f") == text, sourceLocation: location)
        #expect(await soon { sandbox.mount.progress.kept.count == 1 }, sourceLocation: location)
        let kept = try #require(sandbox.mount.progress.kept.first, sourceLocation: location)
        #expect(kept.reason == .conflict, sourceLocation: location)
        #expect(kept.path.text.hasSuffix("f"), sourceLocation: location)
        #expect(try sandbox.bytes(of: kept) == ours, sourceLocation: location)
        // What is there now is theirs, for everybody here as well.
        sandbox.mount.pass(milliseconds: 1001)
        if let text {
            #expect(try await sandbox.program.text("f") == text, sourceLocation: location)
        } else {
            #expect(try await sandbox.program.attributes("f") == nil, sourceLocation: location)
        }
    }

    @Test(arguments: [true, false]) func theObjectIsReplaced(hasConditions: Bool) async throws {
        let sandbox = try sandbox(hasConditions: hasConditions)
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.write("mine", to: file)
        sandbox.bucket.set("f", Array("theirs".utf8))
        await expectError(ESTALE) { try await sandbox.program.close(file) }
        try await expectTheirs("theirs", ours: "mine", in: sandbox)
    }

    @Test(arguments: [true, false]) func aNewObjectIsThere(hasConditions: Bool) async throws {
        let sandbox = try sandbox(hasConditions: hasConditions, [:])
        let file = try await sandbox.program.open("f", O_WRONLY | O_CREAT)
        try await sandbox.program.write("mine", to: file)
        sandbox.bucket.set("f", Array("theirs".utf8))
        await expectError(ESTALE) { try await sandbox.program.close(file) }
        try await expectTheirs("theirs", ours: "mine", in: sandbox)
    }

    @Test(arguments: [true, false]) func theObjectIsGone(hasConditions: Bool) async throws {
        let sandbox = try sandbox(hasConditions: hasConditions)
        let file = try await sandbox.program.open("f", O_WRONLY | O_TRUNC)
        try await sandbox.program.write("mine", to: file)
        sandbox.bucket.remove("f")
        await expectError(ESTALE) { try await sandbox.program.close(file) }
        try await expectTheirs(nil, ours: "mine", in: sandbox)
    }

    @Test func fsyncSaysIt() async throws {
        let sandbox = try sandbox(hasConditions: true)
        let file = try await sandbox.program.open("f", O_WRONLY | O_TRUNC)
        try await sandbox.program.write("mine", to: file)
        sandbox.bucket.set("f", Array("theirs".utf8))
        await expectError(ESTALE) { try await sandbox.program.synchronize(file) }
        sandbox.program.release(file)
        await sandbox.mount.drain()
        try await expectTheirs("theirs", ours: "mine", in: sandbox)
    }

    /// Also when a drain has waited: that is nobody whom the file belongs to.
    @Test(arguments: [false, true]) func theNextCloseSaysItWhereThisDoesNotWait(isDrained: Bool) async throws {
        let sandbox = try WritingSandbox(.fsync, ["f": "old"])
        let file = try await sandbox.program.open("f", O_WRONLY | O_TRUNC)
        try await sandbox.program.write("mine", to: file)
        sandbox.bucket.set("f", Array("theirs".utf8))
        if isDrained { sandbox.bucket.halt { call in call == .put("f") } }
        try await sandbox.program.flush(file)
        let draining = Begun { await sandbox.mount.drain() }
        if isDrained {
            try await Task.sleep(for: .milliseconds(50))
            sandbox.bucket.goOn()
        }
        try await draining.end()
        await expectError(ESTALE) { try await sandbox.program.close(file) }
        try await expectTheirs("theirs", ours: "mine", in: sandbox)
    }

    @Test func aFileOfPartsIsReplaced() async throws {
        let bucket = MemoryBucket.writable { can in
            can.maximumPut = 100
            can.minimumPartSize = 10
        }
        let sandbox = try WritingSandbox(.close, ["f": String(repeating: "o", count: 500)], bucket: bucket)
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.write("mine", to: file)
        sandbox.bucket.set("f", Array("theirs".utf8))
        await expectError(ESTALE) { try await sandbox.program.close(file) }
        #expect(sandbox.bucket.text("f") == "theirs")
        await sandbox.mount.drain()
        #expect(sandbox.bucket.uploads == [])
        // What was not written here went with the object: what was is kept.
        let kept = try #require(sandbox.mount.progress.kept.first)
        #expect(kept.reason == .conflict)
        #expect(try sandbox.bytes(of: kept).hasPrefix("mine"))
    }

    /// Of two mounts the one that closes first has it.
    @Test func twoMountsWriteOneFile() async throws {
        let sandbox = try sandbox(hasConditions: true)
        let other = try sandbox.elsewhere()
        let mine = try await sandbox.program.open("f", O_WRONLY | O_TRUNC)
        let theirs = try await other.open("f", O_WRONLY | O_TRUNC)
        try await sandbox.program.write("mine", to: mine)
        try await other.write("theirs", to: theirs)
        try await other.close(theirs)
        await expectError(ESTALE) { try await sandbox.program.close(mine) }
        try await expectTheirs("theirs", ours: "mine", in: sandbox)
        // Whoever opens it anew goes on from there.
        try await sandbox.program.save("mine again", as: "f")
        #expect(sandbox.bucket.text("f") == "mine again")
    }

    /// One's own writes are none.
    @Test func writingTwiceIsNoConflict() async throws {
        let sandbox = try sandbox(hasConditions: true)
        let file = try await sandbox.program.open("f", O_RDWR)
        for number in 1...5 {
            try await sandbox.program.write("mine \(number)", to: file)
            try await sandbox.program.flush(file)
        }
        try await sandbox.program.close(file)
        try await sandbox.program.save("last", as: "f")
        #expect(sandbox.bucket.text("f") == "last" && sandbox.mount.progress.kept == [])
    }

    /// The answer to a put was lost; the store's second answer is that something is there: our own.
    @Test func aLostAnswerIsNoConflict() async throws {
        let sandbox = try sandbox(hasConditions: true, [:])
        sandbox.bucket.loseAnswers { call in
            if case .put = call { StoreError(.unreachable, "the connection broke") } else { nil }
        }
        let file = try await sandbox.program.open("f", O_WRONLY | O_CREAT)
        try await sandbox.program.write("mine", to: file)
        try await sandbox.program.close(file)
        sandbox.bucket.loseAnswers(nil)
        #expect(sandbox.bucket.text("f") == "mine" && sandbox.mount.progress.kept == [])
    }

    /// The store is still at work on another request for the same key, as one of a session that was killed; then it is there.
    @Test(arguments: [["f": "old"], [:]]) func whatIsInTheWayIsWaitedFor(objects: [String: String]) async throws {
        let sandbox = try sandbox(hasConditions: true, objects)
        sandbox.bucket.fail { number, call in
            if case .put = call, number < 6 { StoreError(.conditionFailed, "somebody writes to it now") } else { nil }
        }
        let file = try await sandbox.program.open("f", O_WRONLY | O_CREAT | O_TRUNC)
        try await sandbox.program.write("mine", to: file)
        try await sandbox.program.close(file)
        #expect(sandbox.bucket.takeCalls().count { if case .put = $0 { true } else { false } } > 2)
        #expect(sandbox.bucket.text("f") == "mine" && sandbox.mount.progress.kept == [])
    }

    @Test(arguments: [true, false]) func aChangeOfAttributesTouchesNobodyElsesObject(hasConditions: Bool) async throws {
        let sandbox = try sandbox(hasConditions: hasConditions)
        try await sandbox.program.change("f") { $0.mode = 0o600 }
        sandbox.bucket.set("f", Array("theirs".utf8), metadata: ["colour": "red"])
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("f") == "theirs")
        #expect(sandbox.bucket.objects["f"]?.metadata.user["colour"] == "red")
    }

    @Test(arguments: [true, false]) func aRenameTakesNobodyElsesObjectAway(hasConditions: Bool) async throws {
        let sandbox = try sandbox(hasConditions: hasConditions)
        _ = try await sandbox.program.attributes("f")
        sandbox.bucket.set("f", Array("theirs".utf8))
        await expectError(ESTALE) { try await sandbox.program.rename("f", to: "g") }
        await sandbox.mount.drain()
        #expect(sandbox.bucket.keys == ["f"] && sandbox.bucket.text("f") == "theirs")
    }

    /// As on a disk, whoever has written there last.
    @Test(arguments: [true, false]) func removingAndRenamingOverGoByTheName(hasConditions: Bool) async throws {
        let sandbox = try sandbox(hasConditions: hasConditions, ["f": "old", "g": "mine", "h": "old"])
        for name in ["f", "h"] {
            _ = try await sandbox.program.attributes(name)
            sandbox.bucket.set(ObjectKey(name), Array("theirs".utf8))
        }
        try await sandbox.program.remove("h")
        try await sandbox.program.rename("g", to: "f")
        #expect(sandbox.bucket.keys == ["f"] && sandbox.bucket.text("f") == "mine")
        #expect(sandbox.mount.progress.isSafe)
    }
}

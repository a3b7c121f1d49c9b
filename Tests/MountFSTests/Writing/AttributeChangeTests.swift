import Glibc
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

/// Mode, owner, times and extended attributes that programs set: seen at once here, and with one copy in the bucket.
struct AttributeChangeTests {
    private let start = ContinuousClock.now

    /// What the bucket was asked, as long as the machine is not so slow that they were not set at one time.
    private func expect(
        _ changes: [MemoryBucket.Call], of sandbox: WritingSandbox, at location: SourceLocation = #_sourceLocation
    ) {
        let found = sandbox.bucket.takeChanges()
        if ContinuousClock.now - start < .seconds(2) {
            #expect(found == changes, sourceLocation: location)
        } else {
            #expect(Set(found).isSuperset(of: changes), sourceLocation: location)
        }
    }

    /// `tar` would say that it changed while it was read.
    @Test func whenItWasChangedIsNotWhatTheStoreSaysLater() async throws {
        let sandbox = try WritingSandbox(.close)
        try await sandbox.program.save("new", as: "f")
        let before = try #require(try await sandbox.program.attributes("f"))
        await sandbox.mount.drain()
        sandbox.mount.pass(milliseconds: 1001)
        let after = try #require(try await sandbox.program.attributes("f"))
        #expect(after.changed == before.changed && after.modified == before.modified)
        try await sandbox.program.change("f") { $0.mode = 0o600 }
        let changed = try #require(try await sandbox.program.attributes("f"))
        #expect(changed.changed.inNanoseconds > before.changed.inNanoseconds && changed.modified == before.modified)
        await sandbox.mount.drain()
        sandbox.mount.pass(milliseconds: 1001)
        // Nor when somebody opens it.
        try await sandbox.program.close(try await sandbox.program.open("f", O_RDWR))
        let later = try #require(try await sandbox.program.attributes("f"))
        #expect(later.changed == changed.changed && later.mode == 0o600)
        // Another version has its own time.
        sandbox.bucket.set("f", Array("theirs".utf8))
        sandbox.mount.pass(milliseconds: 1001)
        let theirs = try #require(try await sandbox.program.attributes("f"))
        #expect(theirs.changed != before.changed && theirs.size == 6)
    }

    /// As `cp -a` and `tar` do.
    @Test func whatIsSetOneAfterTheOtherIsOneCopy() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x"])
        let time = FileTime(seconds: 1_234_567_890, nanoseconds: 123_456_789)
        try await sandbox.program.change("f") { ($0.owner, $0.group) = (1000, 1001) }
        try await sandbox.program.change("f") { $0.mode = 0o755 }
        try await sandbox.program.setAttribute("user.colour", Array("red".utf8), of: "f")
        try await sandbox.program.change("f") { ($0.modified, $0.accessed) = (.at(time), .at(time)) }
        let here = try #require(try await sandbox.program.attributes("f"))
        #expect(here.mode == 0o755 && here.owner == 1000 && here.group == 1001 && here.modified == time)
        #expect(try await sandbox.program.attribute("user.colour", of: "f") == Array("red".utf8))
        await sandbox.mount.drain()
        expect([.copy("f", to: "f")], of: sandbox)
        let user = try #require(sandbox.bucket.objects["f"]).metadata.user
        #expect(user["mode"] == "33261" && user["uid"] == "1000" && user["gid"] == "1001" && user["colour"] == "red")
        #expect(user["mtime"] == "1234567890.123456789" && sandbox.bucket.text("f") == "x")
        #expect(sandbox.bucket.objects["f"]?.metadata.contentType == "text/plain")
        let there = try #require(try await sandbox.elsewhere().attributes("f"))
        #expect(there.mode == 0o755 && there.owner == 1000 && there.modified == time)
    }

    /// Nobody has to drain for it.
    @Test func theyAreStoredAfterAWhile() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x"])
        try await sandbox.program.change("f") { $0.mode = 0o600 }
        #expect(await soon { sandbox.bucket.objects["f"]?.metadata.user["mode"] != nil })
    }

    /// While a drain waits for those of one file the time of another one's may come.
    @Test func noDrainOverlooksWhatBecomesDueMeanwhile() async throws {
        let sandbox = try WritingSandbox(.close, ["a": "x", "b": "x"]) {
            $0.attributePause = TimeSpan(milliseconds: 300)
        }
        let bucket = sandbox.bucket
        let (one, other) = (MemoryBucket.Call.copy("a", to: "a"), MemoryBucket.Call.copy("b", to: "b"))
        bucket.halt { [one, other].contains($0) }
        try await sandbox.program.change("a") { $0.mode = 0o600 }
        #expect(await soon { bucket.waits(one) })
        try await sandbox.program.change("b") { $0.mode = 0o600 }
        let drain = Begun { await sandbox.mount.drain() }
        #expect(await soon { bucket.waits(other) })
        bucket.goOn(one)
        try await Task.sleep(for: .milliseconds(100))
        #expect(!drain.hasEnded)
        bucket.goOn()
        try await drain.end()
        #expect(bucket.objects.values.allSatisfy { $0.metadata.user["mode"] != nil })
    }

    @Test func whatIsAsItWasIsNotStored() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x"])
        try await sandbox.program.change("f") { $0.mode = 0o600 }
        try await sandbox.program.change("f") { $0.mode = 0o644 }
        try await sandbox.program.change("f") { $0.owner = 0 }
        await sandbox.mount.drain()
        expect([], of: sandbox)
    }

    @Test func aNewFileTakesThemAlong() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", O_WRONLY | O_CREAT, mode: 0o600)
        try await sandbox.program.write("x", to: file)
        try await sandbox.program.change(file.node, file.handle) { $0.mode = 0o640 }
        try await sandbox.program.setAttribute("user.colour", Array("red".utf8), of: "f")
        try await sandbox.program.close(file)
        await sandbox.mount.drain()
        expect([.put("f")], of: sandbox)
        let user = try #require(sandbox.bucket.objects["f"]).metadata.user
        #expect(user["mode"] == "33184" && user["colour"] == "red" && user["uid"] == nil && user["gid"] == nil)
    }

    /// Only what differs from what a mount shows anyway.
    @Test func whatIsUsualIsNotStored() async throws {
        let sandbox = try WritingSandbox()
        try await sandbox.program.save("x", as: "f")
        #expect(sandbox.bucket.objects["f"].map { Set($0.metadata.user.keys) } == ["mtime"])
        let user = TestProgram(sandbox.mount, process: 200, user: 1000)
        try await user.save("y", as: "g", mode: 0o755)
        let stored = try #require(sandbox.bucket.objects["g"]).metadata.user
        #expect(stored["mode"] == "33261" && stored["uid"] == "1000" && stored["gid"] == "1000")
    }

    @Test func aNewVersionKeepsWhatTheObjectHad() async throws {
        let sandbox = try WritingSandbox()
        sandbox.bucket.set("f", [1], metadata: ["mode": "33152", "uid": "7", "colour": "red", "mtime": "1500000000"])
        try await sandbox.program.save("new", as: "f")
        let object = try #require(sandbox.bucket.objects["f"])
        #expect(object.metadata.contentType == "text/plain" && object.metadata.user["mode"] == "33152")
        #expect(object.metadata.user["uid"] == "7" && object.metadata.user["colour"] == "red")
        #expect(object.metadata.user["mtime"] != "1500000000")
    }

    @Test func aRenameTakesThemAlong() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x"])
        try await sandbox.program.change("f") { $0.mode = 0o600 }
        try await sandbox.program.rename("f", to: "g")
        #expect(try await sandbox.program.attributes("g")?.mode == 0o600)
        await sandbox.mount.drain()
        expect([.copy("f", to: "g"), .delete("f")], of: sandbox)
        #expect(sandbox.bucket.objects["g"]?.metadata.user["mode"] == "33152")
    }

    /// At once, and only when something is changed.
    @Test func anObjectIsMadeForAFolderWhoseAttributesAreChanged() async throws {
        let sandbox = try WritingSandbox(.close, ["d/f": "x", "e/f": "y"])
        try await sandbox.program.change("d") { $0.mode = 0o755 }
        #expect(sandbox.bucket.takeChanges() == [])
        try await sandbox.program.change("d") { ($0.mode, $0.owner) = (0o700, 7) }
        try await sandbox.program.setAttribute("user.colour", Array("red".utf8), of: "e")
        #expect(sandbox.bucket.takeChanges() == [.put("d/"), .put("e/")])
        #expect(sandbox.bucket.keys == ["d/", "d/f", "e/", "e/f"])
        #expect(sandbox.bucket.objects["d/"]?.metadata.user == ["mode": "16832", "uid": "7"])
        #expect(sandbox.bucket.objects["e/"]?.metadata.user == ["colour": "red"])
        let elsewhere = try sandbox.elsewhere()
        #expect(try await elsewhere.attribute("user.colour", of: "e") == Array("red".utf8))
        #expect(try await elsewhere.names("e") == ["f"])
    }

    /// Nobody sees it in the mount; whoever has put it there does elsewhere.
    @Test func whatIsInTheObjectOfAFolderStays() async throws {
        let sandbox = try WritingSandbox(.close, ["d/": "hidden", "d/f": "x"])
        try await sandbox.program.change("d") { $0.mode = 0o700 }
        try await sandbox.program.setAttribute("user.colour", Array("red".utf8), of: "d")
        let object = try #require(sandbox.bucket.objects["d/"])
        #expect(object.bytes == Array("hidden".utf8))
        #expect(object.metadata.user == ["mode": "16832", "colour": "red"])
    }

    @Test func aFolderHasThemToo() async throws {
        let sandbox = try WritingSandbox(.close, ["with/": "", "with/f": "x", "without/f": "y"])
        for name in ["with", "without"] {
            try await sandbox.program.change(name) { $0.mode = 0o700 }
            #expect(try await sandbox.program.attributes(name)?.mode == 0o700)
        }
        await sandbox.mount.drain()
        for name in ["with", "without"] {
            #expect(try await sandbox.program.attributes(name)?.mode == 0o700)
            #expect(try await sandbox.elsewhere().attributes(name)?.mode == 0o700)
        }
        #expect(sandbox.bucket.text("with/f") == "x" && sandbox.bucket.text("without/f") == "y")
    }

    @Test func extendedAttributes() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x"])
        let program = sandbox.program
        try await program.setAttribute("user.a.b_c-1", Array("value".utf8), of: "f", .forbidden)
        await expectError(EEXIST) { try await program.setAttribute("user.a.b_c-1", [65], of: "f", .forbidden) }
        await expectError(ENODATA) { try await program.setAttribute("user.other", [65], of: "f", .required) }
        await expectError(ENODATA) { try await program.removeAttribute("user.other", of: "f") }
        try await program.setAttribute("user.a.b_c-1", Array("another".utf8), of: "f", .required)
        #expect(try await program.attributeNames(of: "f") == ["user.a.b_c-1"])
        for name in ["user.Upper", "user.with space", "user.é", "trusted.x", "security.x", "system.posix_acl_access"] {
            await expectError(EOPNOTSUPP) { try await program.setAttribute(name, [65], of: "f") }
        }
        await expectError(EOPNOTSUPP) { try await program.setAttribute("user.x", [0], of: "f") }
        await expectError(EOPNOTSUPP) { try await program.setAttribute("user.x", [0xC3, 0xA9], of: "f") }
        let large = [UInt8](repeating: 65, count: 1500)
        try await program.setAttribute("user.large", large, of: "f")
        await expectError(ENOSPC) { try await program.setAttribute("user.more", large, of: "f") }
        #expect(try await program.attributeNames(of: "f") == ["user.a.b_c-1", "user.large"])
        try await program.removeAttribute("user.large", of: "f")
        await sandbox.mount.drain()
        #expect(sandbox.bucket.objects["f"]?.metadata.user["a.b_c-1"] == "another")
        expect([.copy("f", to: "f")], of: sandbox)
    }
}

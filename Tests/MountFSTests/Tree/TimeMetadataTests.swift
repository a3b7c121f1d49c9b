import Glibc
import ObjectStore
import Platform
import Testing

@testable import MountFS

/// The times among an object's metadata: which of them are a file's, and which are the user's own.
struct TimeMetadataTests {
    private static let stored = 1_700_000_000
    /// As rclone writes those of a local file, with something of the user's own.
    private static let all = [
        "mtime": "1650000000.25", "atime": "1640000000.5", "ctime": "1630000000", "btime": "1620000000",
        "colour": "green",
    ]

    /// What is not said, or cannot be read, is the time of the content, and that, when the object was stored.
    @Test(
        arguments: [
            (all, 1_650_000_000, 1_640_000_000), (["mtime": "1650000000"], 1_650_000_000, 1_650_000_000),
            (["atime": "1640000000"], stored, 1_640_000_000), (["ctime": "1630000000"], stored, stored),
            (["btime": "1620000000"], stored, stored), (["atime": "lately"], stored, stored), ([:], stored, stored),
        ] as [([String: String], Int, Int)])
    func whatAFileShows(metadata: [String: String], modified: Int, accessed: Int) async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1], metadata: metadata, seconds: Self.stored)
        let file = try #require(try await TestMount(bucket).lookUp("a".utf8)).attributes
        #expect(file.modified.seconds == modified && file.accessed.seconds == accessed)
        // Nobody can say another one.
        #expect(file.changed == FileTime(seconds: Self.stored, nanoseconds: 0))
    }

    @Test func fractionsCount() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1], metadata: Self.all)
        let file = try #require(try await TestMount(bucket).lookUp("a".utf8)).attributes
        #expect(file.modified.nanoseconds == 250_000_000 && file.accessed.nanoseconds == 500_000_000)
    }

    /// So that programs which copy extended attributes do not take along what is an attribute already.
    @Test func onlyWhatIsTheUsersIsAnExtendedAttribute() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1], metadata: Self.all.merging(["mode": "33188", "uid": "7", "gid": "8"]) { $1 })
        let program = TestProgram(try TestMount(bucket))
        #expect(try await program.attributeNames(of: "a") == ["user.btime", "user.colour", "user.ctime"])
        #expect(try await program.attribute("user.btime", of: "a") == Array("1620000000".utf8))
        #expect(try await program.attribute("user.colour", of: "a") == Array("green".utf8))
    }

    /// Neither read nor set, which would change what the names mean to others.
    @Test(arguments: ["mode", "uid", "gid", "mtime", "atime"])
    func theirNamesAreNobodys(name: String) async throws {
        let sandbox = try WritingSandbox()
        sandbox.bucket.set("f", [1], metadata: [name: "33188"])
        let program = sandbox.program
        #expect(try await program.attributeNames(of: "f") == [])
        await expectError(ENODATA) { _ = try await program.attribute("user.\(name)", of: "f") }
        await expectError(EOPNOTSUPP) { try await program.setAttribute("user.\(name)", [65], of: "f") }
        await expectError(ENODATA) { try await program.removeAttribute("user.\(name)", of: "f") }
    }

    /// What is not a file's attribute stays as it is, such as the time at which somebody else has made it.
    @Test func whatANewVersionKeeps() async throws {
        let sandbox = try WritingSandbox()
        sandbox.bucket.set("f", [1], metadata: Self.all)
        try await sandbox.program.save("new", as: "f")
        let user = try #require(sandbox.bucket.objects["f"]).metadata.user
        #expect(Set(user.keys) == ["mtime", "atime", "ctime", "btime", "colour"])
        #expect(user["btime"] == Self.all["btime"] && user["ctime"] == Self.all["ctime"])
        #expect(user["atime"] == "1640000000.500000000" && user["colour"] == "green")
        #expect(user["mtime"] != Self.all["mtime"] && user["mtime"] != "1650000000.250000000")
    }

    @Test func whatAChangeOfAttributesKeeps() async throws {
        let sandbox = try WritingSandbox()
        sandbox.bucket.set("f", [1], metadata: Self.all)
        try await sandbox.program.change("f") { $0.mode = 0o600 }
        await sandbox.mount.drain()
        let user = try #require(sandbox.bucket.objects["f"]).metadata.user
        #expect(Set(user.keys) == ["mode", "mtime", "atime", "ctime", "btime", "colour"])
        #expect(user["mtime"] == "1650000000.250000000" && user["atime"] == "1640000000.500000000")
    }

    @Test func theTimeOfReadingThatAProgramSets() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x"])
        let time = FileTime(seconds: 1_234_567_890, nanoseconds: 123_456_789)
        try await sandbox.program.change("f") { $0.accessed = .at(time) }
        #expect(try await sandbox.program.attributes("f")?.accessed == time)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.objects["f"]?.metadata.user["atime"] == "1234567890.123456789")
        #expect(try await sandbox.elsewhere().attributes("f")?.accessed == time)
    }
}

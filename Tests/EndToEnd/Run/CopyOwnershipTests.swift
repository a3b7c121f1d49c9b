import Glibc
import TestSupport
import Testing

/// `uid`, `gid`, `file_mode` and `dir_mode` of a copy.
@Suite(.apart) struct CopyOwnershipTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
        try sandbox.write(["src/file": "one", "src/folder/file": "two"])
        try Files.makeLink(sandbox.path("src/link"), to: "file")
    }

    private func owners() throws -> Set<String> {
        Set(
            try ["", "/file", "/folder", "/folder/file", "/link"].map { name in
                var status = stat()
                try #require(lstat(sandbox.destination + name, &status) == 0)
                return "\(status.st_uid):\(status.st_gid)"
            })
    }

    private func mode(_ name: String) -> UInt32 {
        var status = stat()
        return lstat(sandbox.destination + name, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test(.enabled(if: geteuid() == 0, "giving files away takes root"))
    func filesFoldersAndLinksBelongToWhomTheTaskSays() throws {
        try sandbox.succeed(sandbox.task("uid: 1234, gid: 4321"))
        #expect(try owners() == ["1234:4321"])
    }

    @Test(.enabled(if: geteuid() == 0, "giving files away takes root"))
    func anOwnerThatChangesMovesNothing() throws {
        try sandbox.succeed(sandbox.task("uid: 1234"))
        let again = try sandbox.succeed(sandbox.task("uid: 99, gid: 98"))
        #expect(try owners() == ["99:98"])
        #expect(again.objects["done"] == 0)
        #expect(again.objects["skipped"] == 3)
    }

    @Test(.enabled(if: geteuid() == 0, "becoming another user takes root"))
    func onlyRootGivesFilesAway() throws {
        try Files.setMode(sandbox.folder.path, 0o777)
        try Files.makeFolder(sandbox.state)
        try Files.setMode(sandbox.state, 0o777)
        let refused = try sandbox.run(sandbox.task("uid: 1234"), asUser: 4321)
        #expect(refused.status == 73, "\(refused.output)\(refused.errors)")
        #expect(refused.output.contains("may not give files"))
        #expect(try sandbox.run(sandbox.task("uid: 4321, gid: 4321"), asUser: 4321).status == 0)
    }

    @Test func modesOfFilesAndFolders() throws {
        try sandbox.succeed(sandbox.task("file_mode: '0640', dir_mode: '0711'"))
        #expect(["/file", "/folder/file"].map(mode) == [0o640, 0o640])
        #expect(["", "/folder"].map(mode) == [0o711, 0o711])
    }
}

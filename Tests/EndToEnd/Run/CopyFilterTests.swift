import Foundation
import TestSupport
import Testing

/// What of a source is copied: include, exclude, .skyignore.
@Suite(.apart) struct CopyFilterTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
    }

    @Test func include() throws {
        try sandbox.write([
            "src/a.txt": "", "src/d/b.txt": "", "src/d/c.bin": "", "src/e/f/g.bin": "", "src/h/i.txt": "",
        ])
        try Files.makeFolder(sandbox.path("src/empty"))
        let document = try sandbox.succeed(sandbox.task("include: ['*.txt', e/f/*]"))
        #expect(sandbox.names == ["a.txt", "d", "d/b.txt", "e", "e/f", "e/f/g.bin", "h", "h/i.txt"])
        #expect(document.objects["total"] == 4)
    }

    @Test func exclude() throws {
        try sandbox.write(["src/a.txt": "", "src/d/b.txt": "", "src/d/keep": "", "src/logs/x": "", "src/e/logs/y": ""])
        try sandbox.succeed(sandbox.task("exclude: ['*.txt', logs/*]"))
        #expect(sandbox.names == ["d", "d/keep", "e", "e/logs", "e/logs/y", "logs"])
    }

    @Test func excludeWinsOverInclude() throws {
        try sandbox.write(["src/a.txt": "", "src/b.txt": "", "src/c": ""])
        try sandbox.succeed(sandbox.task("include: '*.txt', exclude: b.*"))
        #expect(sandbox.names == ["a.txt"])
    }

    @Test func skyignore() throws {
        let rules = "# comment\n\n*.log\n/top\nfolder/\n\\#name\nblanks \t \r\n"
        try sandbox.write([
            "src/.skyignore": rules, "src/a.log": "", "src/d/b.log": "", "src/top": "", "src/d/top": "",
            "src/folder/x": "", "src/d/folder/x": "", "src/#name": "", "src/blanks": "", "src/# comment": "",
            "src/kept": "",
        ])
        try sandbox.succeed(sandbox.task())
        #expect(sandbox.names.subtracting([".skyignore"]) == ["# comment", "d", "d/top", "kept"])
    }

    @Test func skyignoreOfEachItemOfAList() throws {
        try sandbox.write(["a/.skyignore": "x", "a/x": "", "a/y": "", "b/x": ""])
        try sandbox.succeed("file_mounts: {\(sandbox.destination): {source: [./a, ./b]}}")
        #expect(sandbox.names.subtracting(["a/.skyignore"]) == ["a", "a/y", "b", "b/x"])
    }

    /// What is excluded need not be readable.
    @Test func anExcludedFolderIsNotEntered() throws {
        try #require(geteuid() == 0)
        try sandbox.write(["src/closed/x": "", "src/open": ""])
        try Files.setMode(sandbox.path("src/closed"), 0o000)
        try Files.setOwner(sandbox.folder.path, 65534)
        let finished = try sandbox.run(sandbox.task("exclude: closed"), asUser: 65534)
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(sandbox.names == ["open"])
    }

    @Test func includingAFolderMeansWhatIsInIt() throws {
        try sandbox.write(["src/d/a": "1", "src/x/d/b": "1", "src/c": "1"])
        try sandbox.succeed(sandbox.task("include: [d/]"))
        #expect(sandbox.names == ["d", "d/a", "x", "x/d", "x/d/b"])
    }
}

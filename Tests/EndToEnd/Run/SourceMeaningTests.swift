import TestSupport
import Testing

/// What a local source names, and where it lands.
@Suite(.apart) struct SourceMeaningTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
        try sandbox.write(["x1": "1", "folder/a": "2", "file": "3", "other/folder/b": "4", "deep/x/file": "5"])
    }

    private func copy(_ source: String, to destination: String? = nil) throws -> Finished {
        try sandbox.run("file_mounts: {\(destination ?? sandbox.destination): {source: \(source), mode: COPY}}")
    }

    /// `x` never means `x1`.
    @Test(arguments: ["./x", "x", "./fold", "file:///nowhere", "./folder/a/", "./file/", "./nowhere/file"])
    func whatIsNotThere(source: String) throws {
        let finished = try copy(source)
        #expect(finished.status == 66, "\(finished.output)")
        #expect(try Document(finished).diagnostics.first?.hasPrefix("error missing-local-source") == true)
        #expect(!Files.isThere(sandbox.destination))
    }

    @Test(arguments: ["./folder", "./folder/", "folder//", "./x/../folder", "./folder/."])
    func aFolder(source: String) throws {
        // `..` is the file system's: behind something that is not there it leads nowhere.
        let isThere = !source.contains("..")
        #expect(try copy(source).status == (isThere ? 0 : 66))
        #expect(sandbox.names == (isThere ? ["a"] : []))
    }

    @Test func aFileBecomesTheDestinationOrStandsInIt() throws {
        #expect(try copy("./file").status == 0)
        #expect(sandbox.content("dst") == "3")
        #expect(try copy("./file", to: sandbox.path("in/")).status == 0)
        #expect(sandbox.content("in/file") == "3")
        // A folder that is there is not guessed at.
        #expect(try copy("./file", to: sandbox.path("in")).status == 73)
    }

    @Test func twoOfOneNameInAList() throws {
        let finished = try copy("[./folder, ./other/folder]")
        #expect(finished.status == 78)
        #expect(try Document(finished).diagnostics.first?.hasPrefix("error key-conflict") == true)
        #expect(!Files.isThere(sandbox.destination))
        #expect(try copy("[./file, ./folder/, ./deep/x]").status == 0)
        #expect(sandbox.names == ["file", "folder", "folder/a", "x", "x/file"])
    }

    @Test func aListInWhichOneIsMissing() throws {
        let document = try Document(try copy("[./file, ./nowhere, ./neither]"))
        #expect(document.exitCode == 66)
        #expect(document.diagnostics.count { $0.hasPrefix("error missing-local-source") } == 2)
        #expect(document.mounts.map(\.state) == ["failed"])
        #expect(!Files.isThere(sandbox.destination))
    }

    /// Several mounts may share a source, and one may be in another's source.
    @Test func sharedSources() throws {
        let task = """
            file_mounts:
              \(sandbox.path("1")): {source: ./deep}
              \(sandbox.path("2")): {source: ./deep/x}
              \(sandbox.path("3")): ./deep/x/file
            """
        try sandbox.succeed(task)
        #expect(["1/x/file", "2/file", "3"].map(sandbox.content) == ["5", "5", "5"])
    }
}

import Foundation
import TestSupport
import Testing

/// Names and paths at the limits of what Linux takes.
@Suite(.apart) struct CopyNameTests {
    private var sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
    }

    @Test func namesThatAreTooLong() throws {
        try sandbox.write(["src/a": "1"])
        let long = String(repeating: "n", count: 256)
        let document = try sandbox.fail(78, "file_mounts: {\(sandbox.path(long)): {source: ./src}}")
        #expect(document.diagnostics.contains { $0.contains("256 bytes") })
        let tooLong = "src/" + String(repeating: "n", count: 256)
        try sandbox.fail(66, "file_mounts: {\(sandbox.destination): ./\(tooLong)}")
        #expect(!Files.isThere(sandbox.destination))
    }

    /// They are names like others, unless something of a killed copy stands at the very place.
    @Test func namesOfOurTemporaryFolders() throws {
        try sandbox.write([
            "src/.provision-x.tmp/y": "1", "src/.provision-x.tmp/1": "2", "src/a": "3",
            "src/b/.provision-x.tmp/part-1": "4",
        ])
        for task in [sandbox.task(), "file_mounts: {\(sandbox.path("list")): {source: [./src]}}"] {
            try sandbox.succeed(task)
            #expect(try sandbox.succeed(task).objects["done"] == 0)
        }
        #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
        #expect(FileTree(sandbox.path("list/src")).differences(from: FileTree(sandbox.source)) == [])
        try sandbox.write(["dst/.provision-x.tmp/7": "left by a killed copy"])
        let before = FileTree(sandbox.destination)
        for options in [["--dry-run"], [], ["--force"]] {
            let finished = try sandbox.run(sandbox.task(), options)
            #expect(finished.status == 73)
            #expect(finished.output.contains(".provision-x.tmp") && finished.output.contains("exclude"))
        }
        #expect(FileTree(sandbox.destination).differences(from: before) == [])
        try sandbox.succeed(sandbox.task("exclude: .provision-x.tmp"))
        #expect(sandbox.content("dst/.provision-x.tmp/7") == "left by a killed copy")
    }

    /// Paths as long as the kernel takes at once, and longer, of names that are short enough.
    @Test(arguments: [(14, 250), (16, 255), (17, 255), (40, 255), (300, 9)])
    mutating func deepTrees(depth: Int, length: Int) throws {
        let name = ByteName(repeating: 0xFF, count: length)
        try Files.makeDeep(.init(repeating: name, count: depth), below: sandbox.source, file: "deep")
        for _ in 0..<3 { sandbox.destination += "/" + String(repeating: "d", count: 250) }
        try sandbox.succeed(sandbox.task())
        let source = FileTree(sandbox.source)
        #expect(source.nodes.count == depth + 2)
        #expect(FileTree(sandbox.destination).differences(from: source) == [])
        let second = try sandbox.succeed(sandbox.task("on_nonempty: refuse"))
        #expect(second.objects == ["total": 1, "done": 0, "skipped": 1])
        #expect(FileTree(sandbox.destination).differences(from: source) == [])
    }

    /// A tree may be deeper than a process may have files open.
    @Test func deeperThanFilesMayBeOpen() throws {
        try Files.makeDeep(.init(repeating: ByteName("d".utf8), count: 200), below: sandbox.source, file: "deep")
        let words = try sandbox.words(sandbox.task("on_nonempty: refuse"), [])
        for _ in 0..<2 {
            let finished = try Program.run(
                ["bash", "-c", #"ulimit -n 64 && exec "$0" "$@""#] + words, in: sandbox.folder.path)
            #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        }
        #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
    }
}

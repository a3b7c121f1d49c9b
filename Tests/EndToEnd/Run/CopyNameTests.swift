import Foundation
import TestSupport
import Testing

/// Names and paths at the limits of what Linux takes.
@Suite struct CopyNameTests {
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

    /// Paths longer than the kernel takes at once, of names that are short enough.
    @Test mutating func deepTrees() throws {
        var folder = sandbox.source
        for _ in 0..<14 {
            folder += "/" + String(repeating: "s", count: 250)
            try Files.makeFolder(folder)
        }
        try Files.write("deep", to: folder + "/f")
        for _ in 0..<3 { sandbox.destination += "/" + String(repeating: "d", count: 250) }
        try sandbox.succeed(sandbox.task())
        #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
        let second = try sandbox.succeed(sandbox.task())
        #expect(second.objects == ["total": 1, "done": 0, "skipped": 1])
    }
}

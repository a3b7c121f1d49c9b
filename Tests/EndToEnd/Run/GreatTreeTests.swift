import Foundation
import TestSupport
import Testing

/// `provision TASK.yaml` with a tree of ten thousand files, judged by us and by programs that share no code with us.
@Suite(.apart) struct GreatTreeTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
    }

    @Test func tenThousandFilesEqualTheirSource() throws {
        try GreatTree.make(at: sandbox.source)
        let source = FileTree(sandbox.source)
        let files = source.nodes.values.count { $0.content != .folder }
        #expect(files >= GreatTree.fileCount)
        let document = try sandbox.succeed(sandbox.task())
        #expect(document.diagnostics == [])
        #expect(document.objects == ["total": files, "done": files, "skipped": 0])
        #expect(FileTree(sandbox.destination).differences(from: source) == [])
        let diff = try Program.run(["diff", "-r", "--no-dereference", sandbox.source, sandbox.destination])
        #expect(diff.status == 0, "\(diff.output.prefix(2000))\(diff.errors.prefix(2000))")
        let sum = try listingSum(sandbox.source)
        #expect(try listingSum(sandbox.destination) == sum)
        // Nothing of it looks different the second time.
        #expect(try sandbox.succeed(sandbox.task("on_nonempty: mirror")).objects["skipped"] == files)
        #expect(try [sandbox.source, sandbox.destination].map(listingSum) == [sum, sum])
    }

    /// Names, kinds, modes, times and targets as `find` sees them.
    private func listingSum(_ folder: String) throws -> String {
        let list = #"cd "$0" && find . -printf '%P\0%y %m %T@ %l\0' | LC_ALL=C sort -z | sha256sum"#
        let finished = try Program.run(["bash", "-o", "pipefail", "-c", list, folder])
        #expect(finished.status == 0 && finished.errors == "", "\(finished.errors)")
        return finished.output
    }

    /// What a copy does not keep, as docs/copy.md says it: set-id bits, second names of one file, links that lead
    /// outside, and what is neither file, folder nor link.
    @Test func whatDiffersFromTheSource() throws {
        try sandbox.write(["src/tool": "x", "src/one": "same", "src/d/file": "f", "secret": "s"])
        try Files.setMode(sandbox.path("src/tool"), 0o6755)
        try Files.setMode(sandbox.path("src/d"), 0o3775)
        try Files.makeHardLink(sandbox.path("src/d/two"), to: sandbox.path("src/one"))
        for (name, target) in ["in": "d/file", "nowhere": "not/there", "out": "../secret", "d/out": "/etc/passwd"] {
            try Files.makeLink(sandbox.path("src/" + name), to: target)
        }
        try Files.makePipe(sandbox.path("src/pipe"))
        let document = try sandbox.succeed(sandbox.task())
        #expect(document.diagnostics.count == 1)
        for name in ["out", "d/out", "pipe"] {
            #expect(document.diagnostics.first?.contains("`\(name)`") == true, "\(document.diagnostics)")
        }
        var expected = FileTree(sandbox.source).below
        for name in ["out", "d/out", "pipe"] { expected[ByteName(name.utf8)] = nil }
        for path in expected.keys { expected[path]?.mode &= 0o777 }
        // Links have no modes of their own.
        for (path, node) in expected { if case .link = node.content { expected[path]?.mode = 0o777 } }
        #expect(FileTree(sandbox.destination).below == expected)
        let inodes = FileTree(sandbox.destination).inodes
        #expect(inodes[ByteName("one".utf8)] != inodes[ByteName("d/two".utf8)])
    }

    /// Holes read as zeros; what is around them is where it was.
    @Test(arguments: [0, 1, 4096, 300_000])
    func sparseFiles(tail: Int) throws {
        try sandbox.write(["src/file": "head"])
        let file = open(sandbox.path("src/file"), O_WRONLY | O_CLOEXEC)
        _ = pwrite(file, "middle", 6, 5 << 20)
        ftruncate(file, off_t((9 << 20) + tail))
        close(file)
        try sandbox.succeed(sandbox.task())
        #expect(FileTree(sandbox.destination).below == FileTree(sandbox.source).below)
        #expect(try sandbox.succeed(sandbox.task()).objects["skipped"] == 1)
    }
}

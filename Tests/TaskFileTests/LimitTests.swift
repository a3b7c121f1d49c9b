import Platform
import Testing

@testable import TaskFile

/// The stated bounds, on both sides of each.
@Suite struct LimitTests {
    @Test func bytes() {
        let head = "file_mounts: {}\n#"
        let most = YAMLLimits.bytes
        let fits = read(head + String(repeating: "x", count: most - head.utf8.count))
        #expect(fits.problems == [])
        let tooLong = read(head + String(repeating: "x", count: most - head.utf8.count + 1))
        #expect(tooLong.problems == ["1:1 error yaml-syntax -"])
        #expect(tooLong.diagnostics[0].message.contains("4 MiB"))
    }

    @Test func depth() {
        func nested(_ levels: Int) -> String {
            "file_mounts: {}\nx: " + String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        #expect(read(nested(YAMLLimits.depth - 1)).problems == [])
        #expect(read(nested(YAMLLimits.depth)).problems == ["2:67 error yaml-syntax -"])
    }

    @Test func documents() {
        func stream(_ count: Int) -> String {
            (1...count).map { "---\nname: t\($0)\nfile_mounts: {}\n" }.joined()
        }
        #expect(read(stream(YAMLLimits.documents)).problems == [])
        #expect(read(stream(YAMLLimits.documents + 1)).problems == ["194:1 error yaml-syntax -"])
    }

    @Test func aliases() {
        let bomb = """
            a: &a [x, x, x, x, x, x, x, x, x, x]
            b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
            c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
            d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
            file_mounts: {}
            """
        let found = read(bomb)
        #expect(found.problems.count == 1)
        #expect(found.diagnostics.first?.code == .aliasLimit)
        #expect(found.diagnostics.exitStatus == .unreadableYAML)
    }

    /// Nobody reads more than a thousand problems; that there are more, and errors among them, is said.
    @Test func problems() {
        let keys = (0..<1500).map { "    key\($0): 1\n" }.joined()
        let found = read("file_mounts:\n  /a:\n    source: s3://bucket-1\n" + keys).diagnostics
        #expect(found.count == 1001)
        #expect(found.last?.message == "and 500 more problems")
        #expect(found.exitStatus == .badConfiguration)
    }

    /// A thousand entries, more than any real file, are nowhere near a bound.
    @Test func aThousandEntries() {
        let entries = (0..<1000).map {
            "  /data/\($0):\n    source: s3://bucket-\($0)/prefix/\n    mode: MOUNT\n    read_only: true\n"
        }
        let file = read("file_mounts:\n" + entries.joined())
        #expect(file.problems == [])
        #expect(file.mounts.count == 1000)
    }
}

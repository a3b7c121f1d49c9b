import Platform
import TestSupport
import Testing

/// Lines of a connection that come as they like.
@Suite struct LocalLinesTests {
    @Test func linesThatComeTogetherAndInPieces() throws {
        let folder = try TemporaryFolder()
        let path = RawPath(folder.path("socket"))
        let listener = try LocalListener(at: path)
        let here = try LocalConnection(to: path)
        let there = try listener.accept()
        let long = String(repeating: "x", count: 200_000)
        let wanted = ["one", "", "two\nthree", long, "last"]
        let writer = MaskedThread.start(named: "writer") {
            for line in wanted { there.write(line: line) }
            there.end()
        }
        var lines = LocalLines(of: here)
        var got: [String] = []
        while let line = lines.next(limit: 1 << 20) { got.append(String(decoding: line, as: UTF8.self)) }
        #expect(got == ["one", "", "two", "three", long, "last"])
        writer?.join()
    }

    @Test func aLineThatNeverEnds() throws {
        let folder = try TemporaryFolder()
        let path = RawPath(folder.path("socket"))
        let listener = try LocalListener(at: path)
        let here = try LocalConnection(to: path)
        try listener.accept().write(line: String(repeating: "x", count: 5000))
        var lines = LocalLines(of: here)
        #expect(lines.next(limit: 1000) == nil)
    }
}

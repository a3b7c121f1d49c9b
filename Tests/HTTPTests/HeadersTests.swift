import HTTP
import Testing

struct HeadersTests {
    @Test func namesAreFoundInAnyCaseAndLinesKeepTheirOrder() {
        var headers: HTTPHeaders = ["Range": "bytes=0-1", "x-amz-meta-a": "1", "RANGE": "bytes=2-3", "Empty": ""]
        #expect(headers["range"] == "bytes=0-1")
        #expect(headers["Rang"] == nil)
        #expect(headers["empty"]?.isEmpty == true)
        #expect(headers.lines.map(\.name) == ["Range", "x-amz-meta-a", "RANGE", "Empty"])
        headers["range"] = "bytes=4-5"
        #expect(headers.lines.map(\.value) == ["1", "", "bytes=4-5"])
        headers["EMPTY"] = nil
        #expect(headers.lines == [.init("x-amz-meta-a", "1"), .init("range", "bytes=4-5")])
    }

    @Test func linesOfOneBeginning() {
        var headers: HTTPHeaders = ["X-Amz-Meta-Über": "ä", "x-amz-met": "no", "x-amz-meta-": "bare", "Date": "today"]
        headers.add(["X-AMZ-META-b": "2"])
        #expect(headers.lines(beginning: "x-amz-meta-").map(\.value) == ["ä", "bare", "2"])
        #expect(HTTPHeaders().lines(beginning: "x").isEmpty)
    }

    @Test func manyAndLongOnes() {
        var headers = HTTPHeaders()
        for number in 0..<500 { headers.add("name-\(number)", String(repeating: "v", count: number * 7)) }
        for number in 0..<500 { #expect(headers["NAME-\(number)"]?.utf8.count == number * 7) }
        for number in stride(from: 0, to: 500, by: 2) { headers["Name-\(number)"] = nil }
        #expect(headers.lines.map(\.name) == stride(from: 1, to: 500, by: 2).map { "name-\($0)" })
    }
}

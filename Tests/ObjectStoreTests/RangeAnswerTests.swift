import HTTP
import Testing

@testable import ObjectStore

/// Which bytes of an answer are those that were asked for.
struct RangeAnswerTests {
    private func answer(
        _ status: Int, _ headers: HTTPHeaders, _ range: ReadRange
    ) throws(RangeAnswer.Problem) -> RangeAnswer {
        try RangeAnswer(HTTPHead(status: status, headers: headers), range)
    }

    @Test func ranges() throws {
        let part = try answer(206, ["Content-Range": "bytes 2-5/10"], ReadRange(from: 2, count: 4))
        #expect(part == RangeAnswer(skip: 0, count: 4, size: 10) && !part.isWhole)
        // The object ends before the range does.
        let end = try answer(206, ["Content-Range": "bytes 8-9/10"], ReadRange(from: 8, count: 4))
        #expect(end == RangeAnswer(skip: 0, count: 2, size: 10))
        // rclone says 200 and sends the range.
        let odd = try answer(200, ["Content-Range": "bytes 8-9/10"], ReadRange(from: 8))
        #expect(odd == RangeAnswer(skip: 0, count: 2, size: 10))
    }

    @Test func theWholeInsteadOfARange() throws {
        let whole = try answer(200, ["Content-Length": "10"], ReadRange(from: 2, count: 4))
        #expect(whole == RangeAnswer(skip: 2, count: 4, size: 10))
        #expect(try answer(200, ["Content-Length": "0"], .whole).isWhole)
        #expect(try answer(200, [:], .whole) == RangeAnswer(skip: 0, count: nil, size: nil))
        #expect(throws: RangeAnswer.Problem.outside(size: 10)) {
            try answer(200, ["Content-Length": "10"], ReadRange(from: 10, count: 1))
        }
    }

    @Test(
        arguments: [
            (206, [:]), (206, ["Content-Range": "bytes 3-5/10"]), (206, ["Content-Range": "bytes 2-4/10"]),
            (206, ["Content-Range": "bytes 2-5/*"]), (206, ["Content-Range": "bytes 2-12/10"]),
            (206, ["Content-Range": "items 2-5/10"]), (200, [:]), (200, ["Content-Length": "x"]),
        ] as [(Int, HTTPHeaders)])
    func refused(status: Int, headers: HTTPHeaders) {
        #expect(throws: RangeAnswer.Problem.self) { try answer(status, headers, ReadRange(from: 2, count: 4)) }
    }

    @Test func headers() {
        #expect(ReadRange.whole.header == nil)
        #expect(ReadRange(from: 0, count: 1).header == "bytes=0-0")
        #expect(ReadRange(from: 5).header == "bytes=5-")
        #expect(ReadRange(from: 5, count: .max).header == "bytes=5-")
    }
}

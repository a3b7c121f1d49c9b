import Foundation
import JSON
import Testing

@Suite struct JSONWriterTests {
    @Test func keepsTheOrderOfMembers() {
        let value: JSONValue = ["b": 1, "a": [true, nil, "x"], "c": [:]]
        #expect(value.compact == #"{"b":1,"a":[true,null,"x"],"c":{}}"#)
        #expect(value["b"] == 1)
        #expect(value["z"] == nil)
    }

    @Test func indentsForPeople() {
        let value: JSONValue = ["a": [1, 2], "b": []]
        #expect(
            value.pretty == """
                {
                  "a": [
                    1,
                    2
                  ],
                  "b": []
                }
                """)
    }

    @Test func writesNumbersThatJSONHas() {
        #expect(JSONValue.array([.number(1.5), .number(.infinity), .integer(.min)]).compact == "[1.5,null,\(Int.min)]")
    }

    /// Every character arrives at a reader that is not ours, and none breaks a line or drives a terminal.
    @Test func escapesWhatHasToBe() throws {
        let scalars = (0...0x2100).compactMap(Unicode.Scalar.init) + ["\u{FEFF}", "\u{1F600}", "\u{10FFFF}"]
        let text = String(String.UnicodeScalarView(scalars))
        let written = JSONValue.string(text).compact
        #expect(!written.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) })
        #expect(!written.unicodeScalars.contains("\u{2028}"))
        let read = try JSONSerialization.jsonObject(with: Data(written.utf8), options: .fragmentsAllowed) as? String
        #expect(read.map { Array($0.unicodeScalars) } == scalars)
    }
}

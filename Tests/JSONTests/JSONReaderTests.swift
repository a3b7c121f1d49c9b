import Foundation
import JSON
import Testing

struct JSONReaderTests {
    private func read(_ text: String) throws -> JSONValue { try JSONValue(reading: text.utf8) }

    @Test func values() throws {
        #expect(
            try read(#" {"a": [1, -2, 0.5, 1e3, true, false, null], "b": {}, "c": []} "#)
                == ["a": [1, -2, .number(0.5), .number(1000), true, false, nil], "b": .object([]), "c": []])
        #expect(try read("10000000000000000000") == .number(1e19))
        #expect(try read("1.0").wholeNumber == 1)
        #expect(try JSONValue(reading: [0xEF, 0xBB, 0xBF, 0x31]) == 1)
    }

    @Test func strings() throws {
        #expect(try read(#""a\"\\\/\b\f\n\r\té\ud83d\ude00ü""#).text == "a\"\\/\u{8}\u{C}\n\r\té😀ü")
        #expect(try read(#""""#).text == "")
    }

    @Test func theFirstOfANameCounts() throws {
        #expect(try read(#"{"a": 1, "a": 2}"#)["a"] == 1)
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"", "{\"a\":", "{\"a\":1,}", "{a:1}", "{'a':1}", "1 2", "tru",
        "nul",
        "01", "-", "1.", ".5", "+1", "1e", "1e999", "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
        "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\n\"", "\u{FEFF}\u{FEFF}1", "NaN", "Infinity", "[1 2]", "// x\n1",
    ])
    func refused(text: String) {
        #expect(throws: JSONProblem.self) { try read(text) }
    }

    @Test func depthIsBounded() throws {
        #expect(throws: JSONProblem.self) { try read(String(repeating: "[", count: 100_000)) }
        _ = try read(String(repeating: "[", count: 60) + String(repeating: "]", count: 60))
    }

    @Test func bytesThatAreNoText() {
        #expect(throws: JSONProblem.self) { try JSONValue(reading: [0x22, 0xFF, 0x22]) }
    }

    /// What we write we read, and of broken documents nothing is taken that Foundation does not take.
    @Test func likeFoundation() throws {
        let whole = Array(#"{"a":[1,-2.5e3,true,null,"x\ud83d\ude00\n"],"b":{"c":""}}"#.utf8)
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("{}[]\",:\\ntrue0123.eE-u \n".utf8)
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0...Int.random(in: 0..<3, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = alphabet.randomElement(using: &generator) ?? 0
                case 1: bytes.remove(at: place)
                default: bytes.insert(alphabet.randomElement(using: &generator) ?? 0, at: place)
                }
            }
            let ours = try? JSONValue(reading: bytes)
            let theirs = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            #expect(ours == nil || theirs != nil, "\(String(decoding: bytes, as: UTF8.self))")
            if let ours { #expect(try JSONValue(reading: ours.compact.utf8) == ours) }
        }
    }
}

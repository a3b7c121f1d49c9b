import Platform
import Testing

@testable import ObjectStore

/// Documents of servers that may not be friends.
struct XMLReaderTests {
    @Test func leaves() throws {
        let document = try XMLLeaves.read(
            Array("<?xml version='1.0'?><Error xmlns='u'><Code>A&amp;B</Code><In><Code>C</Code></In><E/></Error>".utf8))
        #expect(document.root == "Error")
        #expect(document.texts == ["Code": "A&B", "E": ""])
    }

    @Test(
        arguments: [
            "", "<a>", "<a></b>", "{}", "<a>\u{1}</a>", "<!DOCTYPE a><a/>",
            // Grows to a gigabyte where entities are read.
            "<!DOCTYPE a [<!ENTITY b '0123456789'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]><a>&c;</a>",
            "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "<a>&b;</a>",
        ])
    func refused(document: String) {
        #expect(throws: XMLProblem.self) { try XMLLeaves.read(Array(document.utf8)) }
    }

    @Test func depthIsBounded() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)).utf8)
        }
        _ = try XMLLeaves.read(nested(XMLReader.deepest))
        let problem = #expect(throws: XMLProblem.self) { try XMLLeaves.read(nested(XMLReader.deepest + 1)) }
        #expect(problem?.message.contains("elements in one another") == true)
    }

    /// An encoding that the document claims is not believed: its bytes are UTF-8 or it is refused.
    @Test func onlyUTF8() throws {
        let latin = Array("<?xml version='1.0' encoding='ISO-8859-1'?><a><b>".utf8) + [0xE9] + Array("</b></a>".utf8)
        #expect(throws: XMLProblem.self) { try XMLLeaves.read(latin) }
    }

    @Test func escapes() {
        #expect(XMLEscape.escaped("a<b>&\n\r\"ü") == "a&lt;b&gt;&amp;&#10;&#13;\"ü")
        #expect(XMLEscape.escaped("a\u{1}") == nil)
        #expect(S3Deletions.element(ObjectKey([0xFF])) == nil)
        #expect(S3Deletions.element("a&b") == "<Object><Key>a&amp;b</Key></Object>")
    }
}

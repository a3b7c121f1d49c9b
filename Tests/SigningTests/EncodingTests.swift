import Signing
import Testing

struct EncodingTests {
    @Test func onlyTheUnreservedStay() {
        let unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
        for byte in UInt8.min ... .max {
            let hex = String(byte, radix: 16, uppercase: true)
            let stays = unreserved.utf8.contains(byte)
            let expected = stays ? String(Unicode.Scalar(byte)) : "%" + (hex.count == 1 ? "0" : "") + hex
            #expect(PercentEncoding.component([byte]) == expected)
            #expect(PercentEncoding.path([byte]) == (byte == UInt8(ascii: "/") ? "/" : expected))
            #expect(PercentEncoding.decoded(expected) == [byte])
            #expect(
                PercentEncoding.decoded(expected.lowercased()) == (stays ? Array(expected.lowercased().utf8) : [byte]))
        }
    }

    @Test(arguments: [
        ("", ""), ("/a//b/", "/a//b/"), ("../a/./b", "../a/./b"), ("a b+c%20", "a%20b%2Bc%2520"), ("ü", "%C3%BC"),
    ])
    func paths(_ key: String, _ encoded: String) {
        #expect(PercentEncoding.path(key) == encoded)
        #expect(PercentEncoding.decoded(encoded) == Array(key.utf8))
    }

    @Test(arguments: ["%", "%4", "%4g", "%G0", "a%"])
    func brokenEscapes(_ text: String) {
        #expect(PercentEncoding.decoded(text) == nil)
    }

    @Test func queries() {
        let items = [QueryItem("b", "2"), QueryItem("a"), QueryItem("a", ""), QueryItem("c d", bytes: [0xFF, 0x2F])]
        #expect(items.encoded == "b=2&a&a=&c%20d=%FF%2F")
        #expect([QueryItem]().encoded == "")
    }
}

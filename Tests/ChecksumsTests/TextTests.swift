import Checksums
import Testing

struct TextTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func vectorsOfRFC4648(_ plain: String, _ text: String) {
        #expect(Base64.text(of: Array(plain.utf8)) == text)
        #expect(Base64.bytes(of: text) == Array(plain.utf8))
        let bare = text.prefix { $0 != "=" }
        #expect(Base64.text(of: Array(plain.utf8), .url) == bare)
        #expect(Base64.bytes(of: String(bare), .url) == Array(plain.utf8))
        #expect(Base64.bytes(of: text, .url) == Array(plain.utf8))
    }

    @Test func theAlphabetsDifferInTwoDigits() {
        #expect(Base64.text(of: [0xFB, 0xFF, 0xFE]) == "+//+")
        #expect(Base64.text(of: [0xFB, 0xFF, 0xFE], .url) == "-__-")
        #expect(Base64.bytes(of: "-__-") == nil)
        #expect(Base64.bytes(of: "+//+", .url) == nil)
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm=v", "Zm9v====", "Zm9ä",
    ])
    func noBase64(_ text: String) {
        #expect(Base64.bytes(of: text) == nil)
    }

    @Test func everyLengthComesBack() {
        for count in 0..<100 {
            let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max) }
            #expect(Base64.bytes(of: Base64.text(of: bytes)) == bytes)
            #expect(Base64.bytes(of: Base64.text(of: bytes, .url), .url) == bytes)
            #expect(Hex.bytes(of: Hex.text(of: bytes)) == bytes)
            #expect(Hex.bytes(of: Hex.text(of: bytes).uppercased()) == bytes)
        }
    }

    @Test(arguments: ["0", "0g", "  ", "0x", "éé"])
    func noHex(_ text: String) {
        #expect(Hex.bytes(of: text) == nil)
    }

    @Test func checksumsAsText() throws {
        let crc = try Checksum(.crc32c, of: Array("123456789".utf8))
        #expect(crc.base64 == "4waSgw==")
        #expect(Checksum(.crc32c, base64: "4waSgw==") == crc)
        #expect(Checksum(.crc32c, hex: "E3069283") == crc)
        #expect(Checksum(.crc64nvme, base64: "4waSgw==") == nil, "of another length")
        #expect(Checksum(.md5, hex: "e3069283") == nil)
    }
}

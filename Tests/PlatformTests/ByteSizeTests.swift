import Platform
import Testing

struct ByteSizeTests {
    @Test(
        arguments: [
            ("0", 0), ("1", 1), ("4096", 4096), ("10GiB", 10 << 30), ("10G", 10 << 30), ("10g", 10 << 30),
            ("10gib", 10 << 30), ("512K", 512 << 10), ("3MiB", 3 << 20), ("500M", 500 << 20), ("2T", 2 << 40),
            ("7P", 7 << 50), ("1KB", 1000), ("500MB", 500_000_000), ("500mb", 500_000_000), ("2GB", 2_000_000_000),
            ("3TB", 3_000_000_000_000), ("9PB", 9_000_000_000_000_000), ("9223372036854775807", Int.max), ("0G", 0),
        ] as [(String, Int)])
    func reads(text: String, bytes: Int) {
        #expect(ByteSize(text)?.bytes == bytes)
    }

    @Test(arguments: [
        "", " ", "G", "-1", "+1", "1.5G", "1 G", "10 ", "10X", "10iB", "10B", "1e3", "0x10", "٣", "10GiBs",
        "9223372036854775808", "8192P", "99999999999P",
    ])
    func refuses(text: String) {
        #expect(ByteSize(text) == nil)
    }

    @Test(
        arguments: [
            (0, "0"), (1, "1"), (1000, "1KB"), (1024, "1KiB"), (10 << 30, "10GiB"), (500_000_000, "500MB"),
            (1536 << 20, "1536MiB"), (1_000_001, "1000001"), (64_000_000, "64MB"), (Int.max, "9223372036854775807"),
        ] as [(Int, String)])
    func printsTheShortestExactForm(bytes: Int, text: String) {
        #expect(ByteSize(bytes: bytes).description == text)
        #expect(ByteSize(text)?.bytes == bytes)
    }

    @Test func comparesByBytes() throws {
        #expect(try #require(ByteSize("1GB")) < #require(ByteSize("1GiB")))
    }
}

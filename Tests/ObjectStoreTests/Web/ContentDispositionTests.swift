import Testing

@testable import ObjectStore

/// The names that servers give files.
struct ContentDispositionTests {
    @Test(
        arguments: [
            ("attachment; filename=a.bin", "a.bin"), ("attachment;filename=\"a; b.bin\"", "a; b.bin"),
            ("inline; filename=\"a\\\"b\"", "a\"b"), ("attachment; filename=x; filename*=UTF-8''%C3%BC%20b", "ü b"),
            ("ATTACHMENT; FileName=a", "a"), ("attachment; filename*=utf-8'de'a; filename=b", "a"),
            ("attachment; filename*=UTF-8''%2e%2e; filename=b", nil), ("attachment; filename = a", "a"),
        ] as [(String, String?)])
    func names(header: String, name: String?) {
        #expect(ContentDisposition.name(header) == name, "\(header)")
    }

    @Test(arguments: [
        "attachment", "", "attachment; filename=", "attachment; filename=\"../x\"", "attachment; filename=..",
        "attachment; filename=/etc/passwd", "attachment; filename=\"a\\\\b\"", "attachment; filename=.bashrc",
        "attachment; filename*=UTF-8''a%2Fb", "attachment; filename*=UTF-8''a%00b",
        "attachment; filename*=UTF-8''a%0Ab",
        "attachment; filename*=UTF-8''%FF", "attachment; filename*=latin1''a", ";;;=;", "filename",
        "attachment; filename=\"" + String(repeating: "a", count: 256) + "\"",
    ])
    func whatIsNoName(header: String) {
        #expect(ContentDisposition.name(header) == nil, "\(header)")
    }
}

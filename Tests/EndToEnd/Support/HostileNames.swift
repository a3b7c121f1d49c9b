import TestSupport

/// Names that Linux takes and that programs stumble over.
enum HostileNames {
    /// Some of every kind.
    static let some: [ByteName] =
        words + pairs + long + invalid + [bytes.filter { $0 < 128 }, bytes.filter { $0 >= 128 }]

    /// Every byte that may stand in a name: alone, at the start, in the middle and at the end. A dot alone is no name.
    static let everyByteEverywhere: [ByteName] =
        bytes.filter { $0 != UInt8(ascii: ".") }.map { [$0] } + bytes.filter { $0 != letter }.map { [$0, letter] }
        + bytes.map { [letter, $0, letter] } + pairs

    /// Names that are ours elsewhere, or look like them: in a source they are names like any other.
    static let likeOurs: [ByteName] = [
        ".provision-", ".provision-.tmp", ".provision-left.tmp", ".provision-1a2b3c.tmp", ".provision-x.tmp.new", "1",
        "manifest", "lock", "staging", "status.json", ".status.json.1.new", ".manifest.1.new", ".staging.1.new",
        "provision", "task.yaml", "destinations",
    ].map { ByteName($0.utf8) }

    private static let letter = UInt8(ascii: "x")
    private static let bytes = (1...255).map { UInt8($0) }.filter { $0 != UInt8(ascii: "/") }
    private static let pairs: [ByteName] = bytes.map { [letter, $0] }

    private static let words: [ByteName] = [
        "-", "--", "-rf", "--help", "*", "?", "[a]", "~", "$HOME", "$(reboot)", "`reboot`", "a b", " ", "  ", "\t",
        "\n",
        "a\nb", "a\n", "\r", "\\", "\\n", "'", "\"", ";", "&", "|", "<", ">", "%00", "%2F", "...", ".hidden", "..x",
        "x..", "trailing ", " leading", ".provisional", "CON", "e\u{301}", "\u{e9}", "\u{202E}txt.exe", "\u{1F9EA}",
        "f1", "name.tmp", "#", "!",
    ].map { ByteName($0.utf8) }

    private static let long: [ByteName] = [
        .init(repeating: UInt8(ascii: "n"), count: 255), .init(repeating: 0xFF, count: 255),
        ByteName(String(repeating: "\u{e9}", count: 127).utf8), .init(repeating: UInt8(ascii: "\n"), count: 255),
        .init(repeating: UInt8(ascii: "-"), count: 255), .init(repeating: UInt8(ascii: "."), count: 255),
    ]

    private static let invalid: [ByteName] = [
        [0xC3], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xC0, 0xAF], [0xFE, 0xFF],
    ]
}

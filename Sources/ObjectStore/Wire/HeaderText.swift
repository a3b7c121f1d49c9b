/// What a header's value may be without being taken for something else on the way.
enum HeaderText {
    static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }
}

extension [UInt8] {
    /// Copies the text at once; `+=` goes byte by byte, and signatures are made of text.
    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(contentsOf: $0) }
    }
}

/// Splits a line into words as a shell would, without doing anything else that shells do: no variables, no patterns.
/// Nothing when a quote is not closed or a backslash has nothing behind it.
public func splitIntoWords(_ line: String) -> [String]? {
    var words: [String] = []
    var word: String.UnicodeScalarView?
    var quote: Unicode.Scalar?
    var scalars = line.unicodeScalars.makeIterator()

    func grow(_ scalars: Unicode.Scalar...) {
        var grown = word ?? .init()
        grown.append(contentsOf: scalars)
        word = grown
    }

    while let scalar = scalars.next() {
        switch (quote, scalar) {
        case (nil, "\\"):
            guard let next = scalars.next() else { return nil }
            grow(next)
        case (nil, "'"), (nil, "\""):
            quote = scalar
            word = word ?? .init()
        case (nil, " "), (nil, "\t"), (nil, "\n"), (nil, "\r"):
            if let finished = word { words.append(String(finished)) }
            word = nil
        case ("\"", "\\"):
            guard let next = scalars.next() else { return nil }
            // Between double quotes it only protects these two.
            if next == "\"" || next == "\\" { grow(next) } else { grow(scalar, next) }
        case (let open?, scalar) where open == scalar:
            quote = nil
        default:
            grow(scalar)
        }
    }
    guard quote == nil else { return nil }
    if let finished = word { words.append(String(finished)) }
    return words
}

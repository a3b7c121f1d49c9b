extension StringProtocol {
    /// Where some ASCII text begins. URLs and names are searched for punctuation all the time, and a search that knows of
    /// composed characters costs many times as much.
    func index(ofASCII needle: StaticString) -> Index? {
        needle.withUTF8Buffer { needle in
            var rest = utf8[...]
            while !rest.isEmpty {
                if rest.starts(with: needle) { return rest.startIndex }
                rest = rest.dropFirst()
            }
            return nil
        }
    }

    func holds(_ needle: StaticString) -> Bool { index(ofASCII: needle) != nil }
}

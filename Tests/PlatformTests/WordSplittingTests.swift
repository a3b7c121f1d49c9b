import Platform
import Testing

/// What Python's `shlex.split` says of the same lines.
struct WordSplittingTests {
    @Test(arguments: [
        ("", []), ("  \t\n ", []), ("a b\tc", ["a", "b", "c"]), ("a'b c'd", ["ab cd"]), ("''", [""]),
        ("a '' b", ["a", "", "b"]), ("\"a b\"", ["a b"]), ("\"a\\\"b\\\\c\\d\"", ["a\"b\\c\\d"]),
        ("'a\\'", ["a\\"]), ("a\\ b \\\\", ["a b", "\\"]), ("$(x) `y` ~ *", ["$(x)", "`y`", "~", "*"]),
        ("# a", ["#", "a"]), ("é\u{301}'ü'", ["é\u{301}ü"]), ("a;b|c&d", ["a;b|c&d"]), ("\"'\" '\"'", ["'", "\""]),
    ])
    func words(line: String, words: [String]) {
        #expect(splitIntoWords(line) == words)
    }

    @Test(arguments: ["'", "\"", "a \\", "\"a\\", "'a\" b"])
    func withoutEnd(line: String) {
        #expect(splitIntoWords(line) == nil)
    }
}

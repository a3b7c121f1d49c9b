import Platform
import Testing

@testable import Plan

@Suite struct GlobTests {
    struct Case: CustomTestStringConvertible {
        let pattern: String
        let matches: [String]
        let others: [String]

        init(_ pattern: String, _ matches: [String], not others: [String] = []) {
            (self.pattern, self.matches, self.others) = (pattern, matches, others)
        }

        var testDescription: String { pattern }
    }

    /// A path that ends in a slash is a folder.
    static let cases = [
        // A name at any depth.
        Case("a", ["a", "d/a", "d/e/a", "a/"], not: ["b", "aa", "a/b", "A"]),
        Case("*.txt", ["x.txt", ".txt", "d/x.txt"], not: ["x.txt2", "txt", "x.txt/y"]),
        Case("?", ["a", "d/b"], not: ["ab", "\u{e9}"]),
        Case("*", ["a", ".a", "d/a"]),
        Case("a*b", ["ab", "axb", "axxb", "abab"], not: ["a", "abc", "a/b"]),
        Case("*a*b*", ["ab", "xaxbx", "aab", "baab"], not: ["ba", "b", "a"]),
        // From the root on.
        Case("/a", ["a", "a/"], not: ["d/a"]),
        Case("d/a", ["d/a"], not: ["e/d/a", "a", "d/a/b"]),
        Case("d/*", ["d/a", "d/.a"], not: ["d/e/a", "d", "e/a"]),
        Case("d/?", ["d/a"], not: ["d/ab", "d//"]),
        Case("*/a", ["d/a"], not: ["a", "d/e/a"]),
        Case("d*/a", ["d/a", "dd/a"], not: ["d/e/a", "e/a"]),
        Case("*/*b", ["x/b", "x/ab"], not: ["b", "x/y/b"]),
        // Only folders.
        Case("d/", ["d/", "e/d/"], not: ["d", "e/d"]),
        Case("/d/", ["d/"], not: ["d", "e/d/"]),
        Case("d/e/", ["d/e/"], not: ["d/e", "x/d/e/"]),
        // Two stars.
        Case("**/a", ["a", "d/a", "d/e/a"], not: ["xa", "d/xa", "a/b"]),
        Case("d/**", ["d/a", "d/e/a"], not: ["d", "e/d/a"]),
        Case("d/**/a", ["d/a", "d/e/a", "d/e/f/a"], not: ["d/xa", "da", "d/e/xa", "a"]),
        Case("d/**/*.c", ["d/x.c", "d/e/x.c"], not: ["d/x.h", "x.c"]),
        Case("**/d/**", ["d/a", "e/d/a", "e/d/f/a"], not: ["d", "e/d", "xd/a"]),
        Case("**/**/a", ["a", "d/a", "d/e/a"], not: ["xa"]),
        Case("**", ["a", "d/a"]),
        Case("a**b", ["ab", "axb", "d/axb"], not: ["a/b"]),
        Case("/**/a/*/b", ["a/x/b", "c/a/x/b", "a/a/x/b", "a/x/a/x/b"], not: ["a/b", "a/x/y/b"]),
        // Sets.
        Case("[abc]", ["a", "c"], not: ["d", "ab", "[abc]"]),
        Case("[a-cx]", ["b", "x"], not: ["d", "-"]),
        Case("[!a-c]", ["d", "-"], not: ["a", "b"]),
        Case("[^a-c]", ["d"], not: ["c"]),
        Case("[]a]", ["]", "a"], not: ["b"]),
        Case("[!]a]", ["b"], not: ["]", "a"]),
        Case("[a-]", ["a", "-"], not: ["b"]),
        Case("d[!x]a", ["dba"], not: ["dxa", "d/a"]),
        Case("[a", ["[a"], not: ["a"]),
        Case("[]", ["[]"], not: ["]"]),
        Case("*.[ch]", ["x.c", "d/x.h"], not: ["x.o", "x.ch"]),
        // Backslashes.
        Case("\\*", ["*"], not: ["a", "\\*"]),
        Case("\\[a]", ["[a]"], not: ["a"]),
        Case("a\\", ["a\\"], not: ["a"]),
        Case("\\\\", ["\\"], not: ["\\\\"]),
        // Names are bytes.
        Case("??", ["\u{e9}"], not: ["e"]),
        Case("\u{e9}", ["\u{e9}"], not: ["e\u{301}"]),
        Case("a\nb", ["a\nb"], not: ["a b"]),
    ]

    private static func matches(_ glob: Glob, _ path: String) -> Bool {
        let isFolder = path.hasSuffix("/")
        return glob.matches(RawPath(isFolder ? path.dropLast() : path[...]), isFolder: isFolder)
    }

    @Test(arguments: cases)
    func table(_ example: Case) {
        let glob = Glob(example.pattern)
        for path in example.matches { #expect(Self.matches(glob, path), "\(example.pattern) shall match \(path)") }
        for path in example.others { #expect(!Self.matches(glob, path), "\(example.pattern) shall not match \(path)") }
    }

    /// The obvious definition, which takes forever on bad patterns, agrees wherever it can be tried.
    @Test func agreesWithTheDefinition() {
        func isMatch(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
            guard let first = pattern.first else { return text.isEmpty }
            if first == "*" {
                return isMatch(pattern.dropFirst(), text)
                    || (text.first.map { $0 != "/" } ?? false) && isMatch(pattern, text.dropFirst())
            }
            guard let next = text.first, first == next || first == "?" && next != "/" else { return false }
            return isMatch(pattern.dropFirst(), text.dropFirst())
        }
        var random = SystemRandomNumberGenerator()
        func word(_ letters: [Character], _ count: Int) -> String {
            String((0..<count).map { _ in letters.randomElement(using: &random) ?? "a" })
        }
        for _ in 0..<20_000 {
            // Anchored, and never two stars in a row or a slash at the end.
            let pattern = (word(["a", "b", "*", "?", "/"], Int.random(in: 1...7)) + "a").replacing(/\*\*+/, with: "*")
                .replacing(/^\/+/, with: "")
            let path = word(["a", "b", "/"], Int.random(in: 1...8)) + "a"
            let found = Glob("/" + pattern).matches(RawPath(path), isFolder: false)
            #expect(found == isMatch(Array(pattern)[...], Array(path)[...]), "\(pattern) \(path)")
        }
    }

    /// Patterns that make a naive matcher take longer than anybody lives.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            String(repeating: "*a", count: 60) + "b", "**/" + String(repeating: "*a", count: 60) + "b",
            String(repeating: "**/a/", count: 40) + "b", String(repeating: "a**", count: 60) + "b",
            String(repeating: "?*", count: 60) + "b",
        ])
    func boundedTime(pattern: String) {
        #expect(!Glob(pattern).matches(RawPath(String(repeating: "a", count: 255)), isFolder: false))
        #expect(!Glob(pattern).matches(RawPath(String(repeating: "a/", count: 400) + "c"), isFolder: false))
    }

    @Test func namesThatAreNoText() {
        #expect(Glob("*").matches(RawPath([0xFF, 0xFE]), isFolder: false))
        #expect(Glob("??").matches(RawPath([0xFF, 0xFE]), isFolder: false))
        #expect(Glob("[!a]").matches(RawPath([0xFF]), isFolder: false))
    }
}

@Suite struct ItemFilterTests {
    private func wanted(_ filter: ItemFilter, _ paths: String...) -> [String] {
        paths.filter { path in
            let isFolder = path.hasSuffix("/")
            return filter.wants(RawPath(isFolder ? path.dropLast() : path[...]), isFolder: isFolder)
        }
    }

    @Test func nothingSaid() {
        let filter = ItemFilter(include: [], exclude: [])
        #expect(wanted(filter, "a", "d/", "d/.b") == ["a", "d/", "d/.b"])
        #expect(filter.keepsEmptyFolders)
    }

    @Test func includeKeepsFoldersOpen() {
        let filter = ItemFilter(include: ["*.c", "d/e/x"], exclude: [])
        #expect(
            wanted(filter, "a.c", "a.h", "d/", "d/e/", "d/e/x", "d/x", "q/b.c") == [
                "a.c", "d/", "d/e/", "d/e/x", "q/b.c",
            ])
        #expect(!filter.keepsEmptyFolders)
    }

    @Test func excludeWins() {
        let filter = ItemFilter(include: ["*.c"], exclude: ["b*", "out/"])
        #expect(wanted(filter, "a.c", "b.c", "out/", "out", "bin/") == ["a.c"])
    }

    @Test func ignoreFile() {
        func filter(_ text: String) -> ItemFilter { ItemFilter(include: [], exclude: [], ignoreFile: Array(text.utf8)) }
        #expect(wanted(filter("a\nb\r\n# c\n\n  \n"), "a", "b", "c", "# c", " ") == ["c", "# c", " "])
        #expect(wanted(filter("a  \t\n\\#b"), "a", "#b", "b") == ["b"])
        #expect(wanted(filter("/a\n"), "a", "d/a") == ["d/a"])
        #expect(wanted(filter(""), "a") == ["a"])
        #expect(wanted(ItemFilter(include: [], exclude: [], ignoreFile: [0xFF, 0x0A, 0x61]), "a", "b") == ["b"])
    }
}

@Suite struct LinksTests {
    @Test(arguments: [
        ("a", "b"), ("a", "b/c"), ("a", "./b"), ("a", "."), ("d/a", ".."), ("d/a", "../b"), ("d/e/a", "../../b"),
        ("a", "a"),
        ("d/a", "./../b"), ("a", "b/./c"), ("a", "...") as (String, String), ("a", "b//c"), ("a", "..b"),
    ])
    func inside(path: String, target: String) {
        #expect(Links.stayInside(RawPath(target), from: RawPath(path)))
    }

    @Test(arguments: [
        ("a", ".."), ("a", "../a"), ("a", "/"), ("a", "/etc/passwd"), ("d/a", "../.."), ("d/a", "../../b"),
        ("a", "b/../c"),
        ("a", "b/../../x"), ("d/a", "../b/../../c"), ("a", "./.."), ("a", ""), ("a", "//x"), ("d/e/a", "../../.."),
        ("a", "b/.."), ("d/a", ".././../x"),
    ])
    func outside(path: String, target: String) {
        #expect(!Links.stayInside(RawPath(target), from: RawPath(path)))
    }
}

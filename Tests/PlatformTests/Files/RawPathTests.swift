import Glibc
import Platform
import Testing

struct RawPathTests {
    @Test(arguments: [
        ("a", "", "a"), ("a/b", "a", "b"), ("/a", "/", "a"), ("/", "/", ""), ("/a/b", "/a", "b"), ("a/", "a", ""),
    ])
    func splits(path: String, parent: String, last: String) {
        #expect(RawPath(path).parent.text == parent)
        #expect(RawPath(path).lastComponent.text == last)
    }

    @Test func joins() {
        #expect(RawPath("a").appending("b") == "a/b")
        #expect(RawPath("a/").appending("b") == "a/b")
        #expect(RawPath("").appending("b") == "b")
        #expect(RawPath("a").appending("") == "a")
        #expect(RawPath("/").appending("b") == "/b")
        #expect(RawPath("//a///b/").components == ["a", "b"])
    }

    /// The order of stores' listings: `.` before `/` before `0`, and bytes above ASCII last.
    @Test func ordersByBytes() {
        let ordered = [RawPath("a"), "a.b", "a/b", "a0", "b", RawPath([0xC3, 0xA9]), RawPath([0xFF])]
        #expect(ordered.shuffled().sorted() == ordered)
    }

    @Test func textIsOnlyForShowing() {
        let name = RawPath([0x61, 0xFF])
        #expect(name.text == "a\u{FFFD}")
        #expect(name.exactText == nil)
        #expect(RawPath("é").exactText == "é")
        #expect(name != RawPath(name.text))
    }

    /// Otherwise `a\0b` would open, or remove, `a`.
    @Test func aNulReachesNoSystemCall() {
        #expect(throws: SystemError(code: EINVAL)) { try RawPath([0x61, 0, 0x62]).call { _ in Int32(0) } }
    }
}

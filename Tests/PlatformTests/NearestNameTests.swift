import Platform
import Testing

struct NearestNameTests {
    private let names = ["status", "down", "flush", "check", "pull", "push", "ls", "--dry-run", "--drain-timeout"]

    @Test(arguments: [
        ("stauts", "status"), ("statu", "status"), ("sttaus", "status"), ("Status", "status"), ("donw", "down"),
        ("pul", "pull"), ("lls", "ls"), ("--dryrun", "--dry-run"), ("--dry_run", "--dry-run"),
        ("--drain-timout", "--drain-timeout"), ("--drain", "--drain-timeout"), ("chekc", "check"),
    ])
    func finds(text: String, name: String) {
        #expect(nearestName(to: text, among: names) == name)
    }

    @Test(arguments: ["", "x", "xyzzy", "dn", "source", "--bucket", "statuette!"])
    func leavesAlone(text: String) {
        #expect(nearestName(to: text, among: names) == nil)
    }

    @Test func takesTheNearestNotTheFirst() {
        #expect(nearestName(to: "abcdef", among: ["abcdxy", "abcdex"]) == "abcdex")
        #expect(nearestName(to: "cut", among: ["cat", "cot"]) == "cat")
    }

    @Test func aBeginningCountsOnlyWhenItIsOneNames() {
        #expect(nearestName(to: "--d", among: ["--dry-run-of-all", "--drain-everything"]) == nil)
        #expect(nearestName(to: "comp", among: ["completion", "check"]) == "completion")
        #expect(nearestName(to: "co", among: ["completion", "check"]) == nil)
    }

    @Test func oneLetterIsNotMistakenForAnother() {
        #expect(nearestName(to: "x", among: ["y"]) == nil)
        #expect(nearestName(to: "X", among: ["x"]) == "x")
    }

    /// A swap that only the last letters complete must survive the early exit.
    @Test func swapAtTheEnd() {
        #expect(nearestName(to: "abdc", among: ["abcd"]) == "abcd")
    }

    @Test func veryLongTextIsNoSlip() {
        let long = String(repeating: "a", count: 1_000_000)
        #expect(nearestName(to: long, among: [long + "b"]) == nil)
    }
}

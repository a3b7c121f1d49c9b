import TestSupport
import Testing

struct UnbuiltVerbsTests {
    @Test(arguments: ["status", "down", "flush", "check", "doctor", "pull", "push", "ls", "cache"])
    func sayThatTheyAreNotThereYet(verb: String) throws {
        let finished = try provision(verb)
        #expect(finished.status == 64)
        #expect(finished.output == "")
        #expect(finished.errors == "provision: `provision \(verb)` is not there yet\n")
    }
}

import Platform
import Testing

@testable import Plan
@testable import TaskFile

/// The order in which mounts are provisioned, and what they know of each other.
@Suite struct OrderTests {
    private func plan(_ destinations: [String], only: [String] = []) throws -> Plan {
        let text = "file_mounts:\n" + destinations.map { "  \($0): s3://bucket-1\n" }.joined()
        let context = TaskContext(environment: Environment(["HOME": "/home/u"]), home: "/home/u")
        let file = TaskFile.read([UInt8](text.utf8), file: "task.yaml", context: context)
        let task = try #require(file.tasks.first)
        return Plan(task, file: "task.yaml", on: Machine(home: "/home/u", workingFolder: "/"), only: only)
    }

    @Test(arguments: [
        (["/b", "/a"], ["/b", "/a"]), (["/a/b/c", "/x", "/a", "/a/b"], ["/a", "/a/b", "/a/b/c", "/x"]),
        (["/a/b/c/d", "/a"], ["/a", "/a/b/c/d"]), (["/ab", "/a"], ["/ab", "/a"]),
        (["~/x/y", "/home/u/x", "/home"], ["/home", "/home/u/x", "/home/u/x/y"]), (["/a//b/", "/a/"], ["/a", "/a/b"]),
    ])
    func parentsFirst(written: [String], order: [String]) throws {
        #expect(try plan(written).mounts.map(\.path) == order)
    }

    @Test func whatIsInsideOfAMount() throws {
        let destinations = ["/a", "/a/b", "/a/b/c", "/ab", "/x"]
        let nested = try plan(destinations).mounts.map(\.nested)
        #expect(nested == [["b", "b/c"], ["c"], [], [], []])
        #expect(try plan(destinations, only: ["/a"]).mounts.map(\.nested) == [["b", "b/c"]])
    }
}

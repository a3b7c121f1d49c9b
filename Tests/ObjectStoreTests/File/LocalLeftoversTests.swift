import Glibc
import Platform
import TestSupport
import Testing

@testable import ObjectStore

/// What of an earlier process may be removed, and what may not.
struct LocalLeftoversTests {
    private let temporary: TemporaryFolder
    private let folder: SharedDescriptor
    private let name = ".provision-upload-" + String(repeating: "a", count: 32)

    init() throws {
        temporary = try TemporaryFolder()
        folder = SharedDescriptor(try .open(RawPath(temporary.path), O_RDONLY | O_DIRECTORY))
    }

    private func sweep(daysLater days: Int) throws -> [String] {
        LocalLeftovers(now: { Timestamp.secondsNow + days * 86_400 }).sweep(folder.file)
        return try temporary.names.sorted()
    }

    @Test func afterADayOnly() throws {
        try temporary.write("half", to: name)
        #expect(try sweep(daysLater: 0) == [name])
        #expect(try sweep(daysLater: 2) == [])
    }

    /// Somebody writes it still, however slowly.
    @Test func notWhatIsLocked() throws {
        try temporary.write("half", to: name)
        let writer = try OwnedDescriptor.open(RawPath(temporary.path(name)), O_WRONLY)
        #expect(try writer.lock(waiting: false))
        #expect(try sweep(daysLater: 2) == [name])
    }

    @Test func notWhatIsNotSurelyOurs() throws {
        let others = [
            ".provision-upload-x", ".provision-upload-" + String(repeating: "A", count: 32), "a" + name, "file",
        ]
        for other in others { try temporary.write("theirs", to: other) }
        try Files.makeFolder(temporary.path(name))
        #expect(link(temporary.path("file"), temporary.path(String(name.dropLast()) + "b")) == 0)
        try Files.makeLink(temporary.path(String(name.dropLast()) + "c"), to: "file")
        let before = try temporary.names.sorted()
        #expect(try sweep(daysLater: 2) == before)
    }

    /// A put looks at its folder once, and is no leftover itself.
    @Test func aPutSweepsItsFolder() async throws {
        try temporary.write("half", to: name)
        var tree = LocalTree(root: folder, isDurable: false)
        tree.leftovers = LocalLeftovers(now: { Timestamp.secondsNow + 2 * 86_400 })
        _ = try tree.put("key", .bytes([1]), PutOptions(), Cancellation())
        #expect(try temporary.names.sorted() == ["key"])
        try temporary.write("half", to: name)
        _ = try tree.put("key", .bytes([2]), PutOptions(), Cancellation())
        #expect(try temporary.names.sorted() == [name, "key"].sorted())
    }
}

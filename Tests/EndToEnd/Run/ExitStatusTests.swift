import Foundation
import TestSupport
import Testing

/// Which failure of a run decides about its exit status.
@Suite(.apart, .enabled(if: MountedFolder.isPossible, Comment(rawValue: MountedFolder.absence)))
struct ExitStatusTests {
    private let sandbox: CopySandbox
    private let small: MountedFolder
    private static let nobody = 65534

    init() throws {
        sandbox = try CopySandbox()
        small = try MountedFolder("size=64k,mode=777")
        try sandbox.write(["src/a": "1", "closed/a": "1", "file": "mine", "folder/a": "1"])
        try Files.write([UInt8](repeating: 1, count: 1 << 20), to: ByteName(sandbox.path("big").utf8))
        try Files.setMode(sandbox.path("closed"), 0o000)
        for name in ["", "src", "folder", "file"] { try Files.setOwner(sandbox.path(name), UInt32(Self.nobody)) }
    }

    /// One mount that fails with the status, for a user who is not root.
    private func mount(_ status: Int32) -> String {
        switch status {
        case 78: "\(sandbox.path("folder/inside")): {source: ./folder}"
        case 66: "\(sandbox.path("1")): ./nowhere"
        case 77: "\(sandbox.path("2")): {source: ./closed}"
        case 73: "\(sandbox.path("file")): {source: ./src}"
        case 28: "\(small.path)/big: ./big"
        // Its size says that it is empty, and it is not: it never is what it was said to be.
        case 74: "\(sandbox.path("3")): /proc/version"
        default: "\(sandbox.path("fine-\(status)")): ./src/a"
        }
    }

    private static let order: [Int32] = [78, 66, 77, 73, 28, 74]

    @Test(arguments: order)
    func eachByItself(status: Int32) throws {
        let finished = try sandbox.run("file_mounts: {\(mount(status)), \(mount(0))}", asUser: Self.nobody)
        #expect(finished.status == status, "\(finished.output)\(finished.errors)")
        let document = try Document(finished)
        #expect(document.exitCode == Int(status))
        #expect(document.json["exit_source"] as? String == "provision")
        // The others are done all the same, except where there is no room for all of it.
        #expect(sandbox.content("fine-0") == (status == 28 ? nil : "1"))
    }

    @Test(arguments: zip(order.dropLast(), order.dropFirst()))
    func theFirstInOrderDecides(first: Int32, second: Int32) throws {
        for mounts in [[first, second, 0], [second, 0, first], Self.order.drop { $0 != first } + [0]] {
            let task = "file_mounts:\n" + mounts.map { "  \(mount($0))\n" }.joined()
            for options in [["--dry-run"], []] {
                let finished = try sandbox.run(task, options, asUser: Self.nobody)
                #expect(finished.status == first, "\(mounts) \(options) \(finished.output)\(finished.errors)")
            }
        }
    }

    /// What cannot be read at all comes before everything.
    @Test func brokenYAMLDecides() throws {
        let task = "file_mounts:\n" + Self.order.map { "  \(mount($0))\n" }.joined()
        #expect(try sandbox.run(task + "file_mounts: {}\n", asUser: Self.nobody).status == 65)
        #expect(!Files.isThere(sandbox.path("3")))
    }
}

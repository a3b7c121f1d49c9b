import Foundation
import TestSupport
import Testing

/// Links and special files in a source.
@Suite(.apart) struct CopyLinkTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
    }

    @Test func linksThatLeadOutsideAreLeftOutAndNamed() throws {
        let outside = [
            "absolute": "/etc/passwd", "up": "..", "up-file": "../secret", "d/twice": "../../secret", "a": "b/../../x",
            "d/back": "../d/../../secret", "root": "/", "b": "d/../..",
        ]
        let inside = ["in": "d/file", "d/in": "../in", "d/root": "..", "dot": "./d/./file"]
        try sandbox.write(["secret": "s", "src/d/file": "f"])
        for (name, target) in outside.merging(inside, uniquingKeysWith: { first, _ in first }) {
            try Files.makeLink(sandbox.path("src/" + name), to: target)
        }
        for options in [["--dry-run"], []] {
            let finished = try sandbox.run(sandbox.task(), options)
            #expect(finished.status == 0)
            let warning = try #require(try Document(finished).diagnostics.first)
            #expect(warning.hasPrefix("warning "))
            #expect(outside.keys.count { warning.contains("`\($0)`") } == 5, "\(warning)")
            #expect(warning.contains("and 3 more"))
            #expect(!inside.keys.contains { warning.contains("`\($0)`") }, "\(warning)")
        }
        #expect(sandbox.names == ["d", "d/file", "in", "d/in", "d/root", "dot"])
    }

    /// A chain of links, each harmless by itself, cannot leave the tree either.
    @Test func noChainOfLinksLeadsOutside() throws {
        try sandbox.write(["secret": "s", "src/deep/er/file": "f"])
        for (name, target) in ["one": "deep/er", "two": "one/..", "three": "two/../..", "deep/er/up": "../../one"] {
            try Files.makeLink(sandbox.path("src/" + name), to: target)
        }
        try sandbox.succeed(sandbox.task())
        let root = try #require(realpath(sandbox.destination, nil))
        defer { free(root) }
        for name in sandbox.names {
            guard let real = realpath(sandbox.destination + "/" + name, nil) else { continue }
            defer { free(real) }
            #expect(String(cString: real).hasPrefix(String(cString: root)), "\(name)")
        }
    }

    @Test func specialFilesAreLeftOutAndNamed() throws {
        try sandbox.write(["src/a": "1"])
        try Files.makePipe(sandbox.path("src/pipe"))
        let document = try sandbox.succeed(sandbox.task())
        #expect(sandbox.names == ["a"])
        #expect(document.diagnostics.count == 1)
        #expect(document.diagnostics.first?.contains("`pipe`") == true)
    }

    @Test func aSourceThatIsAPipe() throws {
        try Files.makePipe(sandbox.path("src/pipe"))
        let document = try sandbox.succeed("file_mounts: {\(sandbox.path("x/y")): ./src/pipe}")
        #expect(document.diagnostics.contains { $0.contains("`pipe`") })
        #expect(!Files.isThere(sandbox.path("x/y")))
    }
}

import Foundation
import TestSupport
import Testing

/// Where a destination really is: slashes, home, links on the way, a root of its own.
@Suite(.apart) struct DestinationPathTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
        try sandbox.write(["src/a": "1", "real/own": "mine"])
    }

    @Test func slashesAndDots() throws {
        let written = sandbox.folder.path + "///x/./y//z///"
        let document = try sandbox.succeed("file_mounts: {\(written): {source: ./src}}")
        #expect(document.mounts.first?.destination == written)
        #expect(document.mounts.first?.json["path"] as? String == sandbox.path("x/y/z"))
        #expect(sandbox.content("x/y/z/a") == "1")
    }

    @Test(arguments: ["/", "//.", "relative/x", "./x", "/a/../b", "~", "~user/x", "\"/a\\0b\"", "\"\""])
    func refused(destination: String) throws {
        let document = try sandbox.fail(78, "file_mounts: {\(destination): ./src, \(sandbox.destination): ./src}")
        #expect(document.diagnostics.first?.hasPrefix("error bad-destination") == true, "\(document.diagnostics)")
        #expect(!Files.isThere(sandbox.destination))
    }

    @Test func home() throws {
        let finished = try sandbox.run(
            "file_mounts: {~/x: {source: ./src}}", environment: ["HOME": sandbox.path("home")])
        #expect(finished.status == 0, "\(finished.output)")
        #expect(sandbox.content("home/x/a") == "1")
        #expect(try Document(finished).mounts.first?.destination == "~/x")
        #expect(try Document(finished).mounts.first?.json["path"] as? String == sandbox.path("home/x"))
    }

    /// A root may be relative, and may be missing; `--only` finds a mount by either of its names.
    @Test func aRootOfItsOwn() throws {
        let task = "file_mounts: {/x/y: {source: ./src}, /z: ./src/a}"
        let document = try sandbox.succeed(task, "--root", "made/root")
        #expect(document.mounts.map(\.destination) == ["/x/y", "/z"])
        #expect(
            document.mounts.map { $0.json["path"] as? String } == ["made/root/x/y", "made/root/z"].map(sandbox.path))
        #expect(sandbox.content("made/root/x/y/a") == "1")
        #expect(
            try sandbox.succeed(task, "--root", "made/root", "--only", sandbox.path("made/root/z")).mounts.count == 1)
        try sandbox.write(["file": ""])
        try sandbox.fail(73, task, "--root", "file")
    }

    /// The document says where things are, not by which link they were reached.
    @Test func throughLinks() throws {
        try Files.makeLink(sandbox.path("link"), to: "real")
        try Files.makeLink(sandbox.path("dangling"), to: sandbox.path("made/later"))
        for (written, real) in [("link/x", "real/x"), ("link", "real"), ("dangling/y", "made/later/y")] {
            for options in [[], ["--dry-run"]] {
                let task = "file_mounts: {\(sandbox.path(written)): {source: ./src}}"
                let finished = try sandbox.run(task, options)
                #expect(finished.status == 0, "\(finished.output)")
                let json = try Document(finished).json
                let entry = try #require(
                    (json["mounts"] as? [[String: Any]] ?? json["plan"] as? [[String: Any]])?.first)
                #expect(entry["destination"] as? String == sandbox.path(written))
                #expect(entry["path"] as? String == sandbox.path(real))
            }
            #expect(sandbox.content(real + "/a") == "1")
        }
        try sandbox.succeed("file_mounts: {\(sandbox.path("link/f")): ./src/a}")
        #expect(sandbox.content("real/f") == "1")
    }

    @Test func linksOfTheRootLeadInsideOfIt() throws {
        try sandbox.write(["root/real/own": "mine"])
        try Files.makeLink(sandbox.path("root/absolute"), to: "/real")
        let document = try sandbox.succeed("file_mounts: {/absolute/x: {source: ./src}}", "--root", "root")
        #expect(document.mounts.first?.json["path"] as? String == sandbox.path("root/real/x"))
        #expect(sandbox.content("root/real/x/a") == "1")
    }

    /// What is apart in the file may be one place on the machine.
    @Test func twoWaysToOnePlace() throws {
        try Files.makeLink(sandbox.path("link"), to: "real")
        let both =
            "file_mounts: {\(sandbox.path("real/x")): {source: ./src}, \(sandbox.path("link/x")): {source: ./src}}"
        for options in [["--dry-run"], []] {
            let finished = try sandbox.run(both, options)
            #expect(finished.status == 78)
            #expect(try Document(finished).diagnostics.contains { $0.hasPrefix("error duplicate-destination") })
        }
        #expect(try Document(try sandbox.run(both)).mounts.map(\.state) == ["copied", "failed"])
    }

    /// A source is not copied into itself, by whatever way one gets there.
    @Test func intoItsOwnSource() throws {
        try Files.makeLink(sandbox.path("link"), to: "src")
        for (source, destination) in [
            ("./src", "link/x"), ("./link", "src/x"), ("./link", "link/x"), ("./src", "link"),
        ] {
            let document = try sandbox.fail(78, "file_mounts: {\(sandbox.path(destination)): {source: \(source)}}")
            #expect(document.mounts.first?.code == "nested-destination", "\(source) \(destination)")
        }
        #expect(FileTree(sandbox.source).names == ["a"])
    }

    /// The inner mount waits for the outer one, and a mirror leaves it alone, also where only a link shows that it is inside.
    @Test func nestedThroughALink() throws {
        try Files.makeLink(sandbox.path("link"), to: "dst")
        try sandbox.write(["src/sub/x": "outer", "src/sub/y": "outer", "inner/x": "the inner one"])
        try sandbox.succeed(sandbox.task("on_nonempty: mirror"))
        try Files.remove(sandbox.path("src/sub/y"))
        try sandbox.succeed(
            """
            file_mounts:
              \(sandbox.path("link/sub")): {source: ./inner}
              \(sandbox.destination): {source: ./src, on_nonempty: mirror}
            """)
        #expect(sandbox.content("dst/sub/x") == "the inner one")
        #expect(sandbox.content("dst/sub/y") == "outer")
    }
}

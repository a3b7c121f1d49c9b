import Foundation
import TestSupport
import Testing

/// `provision TASK.yaml`: mounts together, destinations, exit status, documents and interruptions.
@Suite struct CopyRunTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
    }

    // MARK: Destinations

    @Test func aDestinationThatIsAFile() throws {
        try sandbox.write(["src/a": "1", "dst": "mine"])
        #expect(try sandbox.fail(73, sandbox.task()).mounts.first?.code == "destination-denied")
        #expect(sandbox.content("dst") == "mine")
    }

    @Test func aFolderWhereAFileBelongs() throws {
        try sandbox.write(["src/a": "1", "dst/own": "mine"])
        let document = try sandbox.fail(73, "file_mounts: {\(sandbox.destination): ./src/a}")
        #expect((document.mounts.first?.error["hint"] as? String)?.contains("\(sandbox.destination)/") == true)
        #expect(sandbox.names == ["own"])
    }

    @Test func conflictsInsideOfTheTree() throws {
        try sandbox.write(["src/x": "file", "dst/x/own": "mine"])
        #expect(try sandbox.fail(73, sandbox.task()).mounts.first?.code == "destination-denied")
        #expect(sandbox.content("dst/x/own") == "mine")
        try sandbox.write(["src2/x/f": "file", "dst2/x": "mine"])
        #expect(try sandbox.fail(73, "file_mounts: {\(sandbox.path("dst2")): {source: ./src2}}").result == "failed")
        #expect(sandbox.content("dst2/x") == "mine")
        #expect(sandbox.leftovers() + sandbox.leftovers(in: sandbox.path("dst2")) == [])
    }

    /// A link inside of the destination is replaced where a file belongs and refused where a folder belongs; nothing is
    /// ever written through it.
    @Test func linksInsideOfTheDestination() throws {
        try sandbox.write(["src/f": "new", "outside/f": "mine", "src2/d/f": "new", "dst2/own": ""])
        try Files.makeFolder(sandbox.destination)
        try Files.makeLink(sandbox.path("dst/f"), to: "../outside/f")
        try sandbox.succeed(sandbox.task())
        #expect(FileTree(sandbox.destination).below == FileTree(sandbox.source).below)
        try Files.makeLink(sandbox.path("dst2/d"), to: "../outside")
        try sandbox.fail(73, "file_mounts: {\(sandbox.path("dst2")): {source: ./src2}}")
        #expect(sandbox.content("outside/f") == "mine")
    }

    @Test(.enabled(if: geteuid() == 0, "giving files away takes root"))
    func onlyTrustedLinksLeadToADestination() throws {
        try sandbox.write(["src/a": "1", "real/own": "mine"])
        try Files.makeLink(sandbox.path("ours"), to: "real")
        try Files.makeLink(sandbox.path("theirs"), to: "real")
        try Files.setOwner(sandbox.path("theirs"), 65534)
        for destination in ["theirs", "theirs/x", "theirs/x/y"] {
            let document = try sandbox.fail(73, "file_mounts: {\(sandbox.path(destination)): ./src}")
            #expect(document.mounts.first?.code == "destination-denied")
        }
        #expect(FileTree(sandbox.path("real")).names == ["own"])
        try sandbox.succeed("file_mounts: {\(sandbox.path("ours/x")): {source: ./src}}")
        #expect(sandbox.content("real/x/a") == "1")
    }

    @Test(.enabled(if: MountedFolder.isPossible, Comment(rawValue: MountedFolder.absence)))
    func aReadOnlyDestination() throws {
        try sandbox.write(["src/a": "1"])
        let mounted = try MountedFolder("size=1m")
        try mounted.makeReadOnly()
        for destination in [mounted.path, mounted.path + "/x/y"] {
            let document = try sandbox.fail(73, "file_mounts: {\(destination): {source: ./src}}")
            #expect(document.mounts.first?.code == "destination-denied")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "becoming another user takes root"))
    func whatTheUserMayNot() throws {
        try sandbox.write(["src/a": "1", "src/closed": "2"])
        try Files.setMode(sandbox.path("src/closed"), 0o000)
        let task = "file_mounts: {\(sandbox.path("open/dst")): {source: ./src}}"
        try Files.makeFolder(sandbox.path("open"), mode: 0o777)
        let words = try sandbox.words(task, ["--state-dir", sandbox.path("open/state")])
        let asNobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        let finished = try Program.run(asNobody + words, in: sandbox.folder.path)
        #expect(finished.status == 77, "\(finished.output)\(finished.errors)")
        #expect(try Document(finished).mounts.first?.code == "denied")
        let refused = try sandbox.words(sandbox.task(), ["--state-dir", sandbox.path("open/state")])
        let second = try Program.run(asNobody + refused, in: sandbox.folder.path)
        #expect(second.status == 73, "\(second.output)\(second.errors)")
        #expect(!Files.isThere(sandbox.destination))
    }

    @Test func theRootHoldsLinksToo() throws {
        try sandbox.write(["src/a": "1", "root/real/own": "mine"])
        try Files.makeLink(sandbox.path("root/absolute"), to: "/real")
        try Files.makeLink(sandbox.path("root/up"), to: "../../../../../real")
        let task = """
            file_mounts:
              /absolute/1: {source: ./src}
              /up/2: {source: ./src}
              ~/3: {source: ./src}
            """
        let words = try sandbox.words(task, ["--root", sandbox.path("root")])
        let finished = try Program.run(words, environment: ["HOME": "/home/u"], in: sandbox.folder.path)
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(["real/1/a", "real/2/a", "home/u/3/a"].map { sandbox.content("root/" + $0) } == ["1", "1", "1"])
        try sandbox.succeed("file_mounts: {/x: {source: ./src}}", "--root", sandbox.path("made/root"))
        #expect(sandbox.content("made/root/x/a") == "1")
    }

    // MARK: Several mounts

    @Test func onlyTheseMounts() throws {
        try sandbox.write(["src/a": "1"])
        let task = "file_mounts: {\(sandbox.path("x")): ./src/a, \(sandbox.path("y")): ./src/a}"
        let document = try sandbox.succeed(task, "--only", sandbox.path("y"))
        #expect(document.mounts.map(\.destination) == [sandbox.path("y")])
        #expect(!Files.isThere(sandbox.path("x")))
    }

    @Test func nestedDestinations() throws {
        try sandbox.write(["src/outer": "1", "src/sub/outer": "1", "src/sub/both": "outer", "in/both": "the inner one"])
        let task = """
            file_mounts:
              \(sandbox.destination)/sub/f: ./in/both
              \(sandbox.destination)/sub: {source: ./in}
              \(sandbox.destination): {source: ./src}
            """
        try sandbox.succeed(task)
        #expect(sandbox.names == ["outer", "sub", "sub/outer", "sub/both", "sub/f"])
        #expect(sandbox.content("dst/sub/both") == "the inner one")
    }

    @Test func oneThatFailsDoesNotStopTheOthers() throws {
        try sandbox.write(["src/a": "1", "src/d/b": "2", "file": "mine"])
        try sandbox.write(["conflict/a/own": "mine"])
        let task = """
            file_mounts:
              \(sandbox.path("file")): {source: ./src}
              \(sandbox.path("1")): {source: ./src}
              \(sandbox.path("conflict")): {source: ./src}
              \(sandbox.path("2")): ./src/a
            """
        let document = try sandbox.fail(73, task)
        #expect(document.exitCode == 73)
        #expect(document.result == "failed")
        let states = Dictionary(uniqueKeysWithValues: document.mounts.map { ($0.destination ?? "", $0.state ?? "") })
        #expect(
            states == [
                sandbox.path("file"): "failed", sandbox.path("1"): "copied", sandbox.path("conflict"): "failed",
                sandbox.path("2"): "copied",
            ])
        #expect(sandbox.content("1/d/b") == "2")
        #expect(sandbox.content("2") == "1")
    }

    @Test func manyMountsAtOnce() throws {
        try sandbox.write(["src/a": "1"])
        let entries = (0..<60).map { "  \(sandbox.path("m/\($0)")): \($0 % 2 == 0 ? "./src/a" : "{source: ./src}")\n" }
        let task = "file_mounts:\n" + entries.joined()
        #expect(try sandbox.succeed(task).mounts.count == 60)
        #expect(FileTree(sandbox.path("m")).nodes.values.count { $0.content == .file([0x31]) } == 60)
        #expect(sandbox.leftovers(in: sandbox.path("m")) == [])
    }

    @Test func sourcesThatAreNotThere() throws {
        let document = try sandbox.fail(66, "file_mounts: {\(sandbox.destination): ./nowhere}")
        #expect(document.exitCode == 66)
        #expect(!Files.isThere(sandbox.destination))
    }

    @Test func insideOfItsOwnSource() throws {
        try sandbox.write(["src/a": "1"])
        try sandbox.fail(78, "file_mounts: {\(sandbox.path("src/x")): {source: ./src}}")
        #expect(FileTree(sandbox.source).names == ["a"])
    }

    // MARK: Documents

    @Test func theStatusFileIsPrivate() throws {
        try sandbox.write(["src/a": "1"])
        let task = "name: train\n" + sandbox.task()
        let document = try sandbox.succeed(task)
        #expect(Files.mode(of: sandbox.state + "/train") == 0o700)
        #expect(Files.mode(of: sandbox.state + "/train/status.json") == 0o600)
        let file = try Data(contentsOf: URL(filePath: sandbox.state + "/train/status.json"))
        let status = try #require(try JSONSerialization.jsonObject(with: file) as? NSDictionary)
        #expect(status == document.json as NSDictionary)
        #expect(FileTree(sandbox.state).names.filter { $0.hasSuffix(".new") } == [])
    }

    /// A folder that somebody else uses as well keeps its mode.
    @Test func aStateFolderThatWasThere() throws {
        try sandbox.write(["src/a": "1"])
        try Files.makeFolder(sandbox.state, mode: 0o777)
        try Files.setMode(sandbox.state, 0o1777)
        try sandbox.succeed(sandbox.task())
        #expect(Files.mode(of: sandbox.state) == 0o1777)
    }

    @Test(.enabled(if: Judge.isHere, Comment(rawValue: Judge.absence)))
    func documentsAreValid() throws {
        try sandbox.write(["src/a": "1", "src/d/\u{1b}b": "2", "file": "mine"])
        try Files.makePipe(sandbox.path("src/pipe"))
        let bad = "file_mounts: {\(sandbox.path("file")): {source: ./src}, \(sandbox.path("1")): {source: ./src}}"
        for (index, task) in [sandbox.task(), sandbox.task(), bad, "file_mounts: {}"].enumerated() {
            for (format, ending) in [("json", "json"), ("ndjson", "ndjson")] {
                let run = try sandbox.run(task, ["--output", format])
                #expect(run.output.hasPrefix("{") && run.output.hasSuffix("}\n"))
                let dryRun = try sandbox.run(task, ["--output", format, "--dry-run"])
                try sandbox.folder.write(run.output, to: "run\(index).\(ending)")
                try sandbox.folder.write(dryRun.output, to: "dry\(index).\(ending)")
            }
        }
        let numbers = 0..<4
        func files(_ name: String, _ ending: String) -> [String] {
            numbers.map { sandbox.path("\(name)\($0).\(ending)") }
        }
        #expect(try Judge.objections(to: files("run", "json"), schema: "status") == [:])
        #expect(try Judge.objections(to: files("dry", "json"), schema: "dry-run") == [:])
        #expect(try Judge.objections(to: files("run", "ndjson") + files("dry", "ndjson"), schema: "event") == [:])
        #expect(try Judge.objections(to: [sandbox.state + "/task/status.json"], schema: "status") == [:])
    }

    @Test func aDryRunChangesNothing() throws {
        try GeneratedTree.make(at: sandbox.source)
        try sandbox.write(["dst/own": "mine"])
        _ = try sandbox.words(sandbox.task("on_nonempty: mirror"), [])
        let before = FileTree(sandbox.folder.path)
        let finished = try Program.run(
            [Program.provision, "task.yaml", "--dry-run", "--state-dir", sandbox.state], in: sandbox.folder.path)
        #expect(finished.status == 0)
        #expect(FileTree(sandbox.folder.path).differences(from: before) == [])
    }

    @Test func theTableForPeople() throws {
        try sandbox.write(["src/a": "1"])
        let finished = try sandbox.run(sandbox.task(), ["--output", "text"])
        #expect(finished.status == 0)
        #expect(finished.output.contains("copied"))
        #expect(finished.output.contains(sandbox.destination))
    }

    // MARK: Interruptions

    private func makeManyFiles() throws {
        for index in 0..<3000 { try Files.write("\(index)", to: sandbox.source + "/\(index)") }
    }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)])
    func signals(number: Int32, status: Int) throws {
        try makeManyFiles()
        let running = try sandbox.start(sandbox.task(), ["--jobs", "1"])
        #expect(try running.halt { Files.isThere(sandbox.destination + "/0") })
        running.signal(number)
        running.resume()
        let finished = try running.wait()
        #expect(Int(finished.status) == status)
        let document = try Document(finished)
        #expect(document.exitCode == status)
        #expect(try #require(document.objects["done"]) < 3000)
        #expect(sandbox.leftovers() == [])
        let second = try sandbox.succeed(sandbox.task())
        #expect(second.objects["skipped"] == document.objects["done"])
        #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
    }

    /// The time limit has long passed when the copy may go on.
    @Test func timeLimit() throws {
        try makeManyFiles()
        let running = try sandbox.start(sandbox.task(), ["--jobs", "1", "--timeout", "1ms"])
        let document = try Document(try running.wait())
        #expect(document.exitCode == 75)
        #expect(sandbox.leftovers() == [])
        try sandbox.succeed(sandbox.task())
        #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
    }
}

import Foundation
import TestSupport
import Testing

/// Where a run keeps its state, and the status file in it.
@Suite(.apart) struct StateFolderTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
        try sandbox.write(["src/a": "1", "task.yaml": "file_mounts: {\(sandbox.destination): ./src/a}"])
    }

    /// Without `PROVISION_STATE_DIR`, which every other test sets.
    private func run(_ before: [String] = [], environment: [String: String]) throws -> Finished {
        try Program.run(
            before + [Program.provision, "task.yaml"],
            environment: environment.merging(["PROVISION_STATE_DIR": ""]) { $1 },
            in: sandbox.folder.path)
    }

    @Test(.enabled(if: geteuid() == 0, "becoming another user takes root"))
    func ofAUser() throws {
        try Files.setOwner(sandbox.folder.path, 65534)
        let asNobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        let named = try run(
            asNobody, environment: ["XDG_STATE_HOME": sandbox.path("xdg"), "HOME": sandbox.path("home")])
        #expect(named.status == 0, "\(named.errors)")
        #expect(Files.isThere(sandbox.path("xdg/provision/task/status.json")))
        #expect(!Files.isThere(sandbox.path("home")))
        #expect(try run(asNobody, environment: ["HOME": sandbox.path("home")]).status == 0)
        #expect(Files.isThere(sandbox.path("home/.local/state/provision/task/status.json")))
    }

    /// In a mount namespace of its own, with nothing of the machine's in `/var/lib`.
    @Test(.enabled(if: MountedFolder.isPossible, Comment(rawValue: MountedFolder.absence)))
    func ofRoot() throws {
        let words = #"mount -t tmpfs none /var/lib && "$0" "$1" && cat /var/lib/provision/task/status.json"#
        let finished = try Program.run(
            ["unshare", "-m", "bash", "-c", words, Program.provision, "task.yaml"],
            environment: [
                "PROVISION_STATE_DIR": "", "XDG_STATE_HOME": sandbox.path("xdg"), "PROVISION_OUTPUT": "json",
            ],
            in: sandbox.folder.path)
        #expect(finished.status == 0, "\(finished.errors)")
        #expect(finished.output.components(separatedBy: "\"exit_code\": 0").count == 3)
        #expect(!Files.isThere(sandbox.path("xdg")))
    }

    @Test func asTheFlagSays() throws {
        for (option, path) in [("s", "s"), ("./t/", "t"), (sandbox.path("u/v"), "u/v")] {
            let words = [Program.provision, "task.yaml", "--state-dir", option]
            let finished = try Program.run(
                words, environment: ["PROVISION_STATE_DIR": sandbox.path("other")], in: sandbox.folder.path)
            #expect(finished.status == 0, "\(finished.errors)")
            #expect(Files.isThere(sandbox.path(path + "/task/status.json")))
            #expect(Files.mode(of: sandbox.path(path + "/task")) == 0o700)
            #expect(Files.mode(of: sandbox.path(path + "/destinations")).map { $0 & 0o077 } == 0)
        }
        #expect(!Files.isThere(sandbox.path("other")))
    }

    /// Whatever the user's umask.
    @Test(arguments: ["000", "077", "777"])
    func modes(umask: String) throws {
        let words = [
            "bash", "-c", "umask \(umask) && exec \"$0\" \"$@\"", Program.provision, "task.yaml", "--state-dir=state",
        ]
        let finished = try Program.run(words, in: sandbox.folder.path)
        #expect(finished.status == 0, "\(finished.errors)")
        #expect(Files.mode(of: sandbox.state + "/task") == 0o700)
        #expect(Files.mode(of: sandbox.state + "/task/status.json") == 0o600)
        #expect(Files.mode(of: sandbox.destination) == 0o644)
    }

    /// A task's name may be any text; the folder's is one plain name below the state folder.
    @Test(arguments: [
        ("train", "train"), ("a/b: c", "a_b__c"), ("../../up", ".._.._up"), ("..", "_.."), (".", "_."), ("-rf", "-rf"),
        ("\u{e9}t\u{e9}", "_t_"), (String(repeating: "n", count: 300), String(repeating: "n", count: 64)),
    ])
    func names(name: String, folder: String) throws {
        let document = try sandbox.succeed("name: \"\(name)\"\nfile_mounts: {\(sandbox.destination): ./src/a}")
        #expect(document.json["task"] as? String == name)
        #expect(Files.isThere(sandbox.state + "/\(folder)/status.json"))
    }

    /// Who has the old file open keeps reading the old one, whole; whoever opens it now reads the new one, whole.
    @Test func theStatusFileIsReplacedByRename() throws {
        let task = "file_mounts: {\(sandbox.destination): ./src/a}"
        try sandbox.succeed(task)
        let path = sandbox.state + "/task/status.json"
        let old = try #require(FileHandle(forReadingAtPath: path))
        let before = try #require(FileTree(sandbox.state + "/task").inodes[ByteName("status.json".utf8)])
        try sandbox.succeed(task)
        #expect(FileTree(sandbox.state + "/task").inodes[ByteName("status.json".utf8)] != before)
        let text = try #require(try old.readToEnd())
        let document = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
        let mounts = try #require(document["mounts"] as? [[String: Any]])
        #expect((mounts[0]["objects"] as? [String: Int])?["done"] == 1)
        #expect(FileTree(sandbox.state + "/task").names == ["status.json"])
    }

    /// It also tells of runs that failed, and of those that could not even begin.
    @Test(arguments: [(73, "./src"), (66, "./nowhere"), (78, "s4://bucket")])
    func theStatusFileOfAFailure(status: Int, source: String) throws {
        try sandbox.write(["dst": "mine"])
        let document = try sandbox.fail(Int32(status), "file_mounts: {\(sandbox.destination): {source: \(source)}}")
        let file = try Data(contentsOf: URL(filePath: sandbox.state + "/task/status.json"))
        let written = try #require(try JSONSerialization.jsonObject(with: file) as? NSDictionary)
        #expect(written == document.json as NSDictionary)
        #expect(written["exit_code"] as? Int == status)
    }

    /// Without a place for its notes nothing is copied, and the reason is said.
    @Test func aStateFolderThatCannotBeMade() throws {
        try sandbox.write(["file": "mine"])
        let finished = try sandbox.run(
            "file_mounts: {\(sandbox.destination): ./src/a}", ["--state-dir", sandbox.path("file/state")])
        #expect(finished.status == 73)
        #expect(finished.errors.contains("status file"))
        #expect(try Document(finished).mounts.first?.error["hint"] as? String == "choose one with --state-dir")
        #expect(!Files.isThere(sandbox.destination))
    }
}

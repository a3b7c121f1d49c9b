import Foundation
import TestSupport
import Testing

/// A working folder with a source `src`, a destination `dst` that is not there yet, and a state folder: all that a copy
/// needs, and nothing outside of it is touched.
struct CopySandbox {
    let folder: TemporaryFolder
    /// Where destinations are looked at; that of a mounted file system when a test has one.
    var destination: String
    var program = Program.provision

    init() throws {
        folder = try TemporaryFolder()
        destination = folder.path("dst")
        try Files.makeFolder(folder.path("src"))
    }

    var source: String { folder.path("src") }
    var state: String { folder.path("state") }
    func path(_ name: String) -> String { folder.path(name) }

    /// Writes files below the working folder, and the folders they are in.
    func write(_ files: [String: String]) throws {
        for (name, content) in files {
            let parent = name.split(separator: "/").dropLast().joined(separator: "/")
            try FileManager.default.createDirectory(atPath: folder.path(parent), withIntermediateDirectories: true)
            try Files.write(content, to: folder.path(name), modified: (1_600_000_000, 123_456_789))
        }
    }

    /// The task that copies `src` to the destination, with more keys if given.
    func task(_ keys: String = "") -> String {
        "file_mounts: {\(destination): {source: ./src\(keys.isEmpty ? "" : ", " + keys)}}"
    }

    func words(_ task: String, _ options: [String]) throws -> [String] {
        try folder.write(task, to: "task.yaml")
        let defaults = [("--state-dir", state), ("--output", "json")].filter { !options.contains($0.0) }
        return [program, "task.yaml"] + defaults.flatMap { [$0.0, $0.1] } + options
    }

    func run(
        _ task: String, _ options: [String] = [], environment: [String: String] = [:], asUser user: Int? = nil
    ) throws -> Finished {
        let user = user.map { ["setpriv", "--reuid", "\($0)", "--regid", "\($0)", "--clear-groups"] } ?? []
        return try Program.run(user + words(task, options), environment: environment, in: folder.path)
    }

    func start(_ task: String, _ options: [String] = []) throws -> RunningProgram {
        try Program.start(words(task, options), in: folder.path)
    }

    /// Runs the task, which shall end well, and returns the document.
    @discardableResult
    func succeed(_ task: String, _ options: String..., at location: Testing.SourceLocation = #_sourceLocation) throws
        -> Document
    {
        let finished = try run(task, options)
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)", sourceLocation: location)
        return try Document(finished)
    }

    /// Runs the task, which shall end with this status, and returns the document.
    @discardableResult
    func fail(
        _ status: Int32, _ task: String, _ options: String..., at location: Testing.SourceLocation = #_sourceLocation
    ) throws -> Document {
        let finished = try run(task, options)
        #expect(finished.status == status, "\(finished.output)\(finished.errors)", sourceLocation: location)
        return try Document(finished)
    }

    /// What the destination holds, by name.
    var names: Set<String> { FileTree(destination).names }

    func content(_ name: String) -> String? {
        (try? Data(contentsOf: URL(filePath: folder.path(name)))).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Temporary files and folders of ours that were left in a tree.
    func leftovers(in path: String? = nil) -> [String] {
        FileTree(path ?? destination).names.filter { $0.contains(".provision-") }.sorted()
    }
}

/// The final document of a run.
struct Document {
    let json: [String: Any]

    init(_ finished: Finished) throws {
        try self.init(finished.output, "\(finished.errors)")
    }

    init(_ text: String, _ errors: String = "") throws {
        let object = try? JSONSerialization.jsonObject(with: Data(text.utf8))
        json = try #require(object as? [String: Any], "no document: \(text)\(errors)")
    }

    struct Mount {
        let json: [String: Any]

        var destination: String? { json["destination"] as? String }
        var state: String? { json["state"] as? String }
        var objects: [String: Int] { json["objects"] as? [String: Int] ?? [:] }
        var bytes: [String: Int] { json["bytes"] as? [String: Int] ?? [:] }
        var error: [String: Any] { json["error"] as? [String: Any] ?? [:] }
        var code: String? { error["code"] as? String }
    }

    var mounts: [Mount] { (json["mounts"] as? [[String: Any]] ?? []).map(Mount.init) }
    var exitCode: Int? { json["exit_code"] as? Int }
    var result: String? { json["result"] as? String }

    /// Of the only mount, or the first one.
    var objects: [String: Int] { mounts.first?.objects ?? [:] }

    /// `severity code: message` of each.
    var diagnostics: [String] {
        (json["diagnostics"] as? [[String: Any]] ?? []).map { diagnostic in
            ["severity", "code", "message"].map { diagnostic[$0] as? String ?? "-" }.joined(separator: " ")
        }
    }
}

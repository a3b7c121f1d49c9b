import TestSupport
import Testing

/// What is not there yet says so, and is not taken in silence.
@Suite(.apart) struct UnbuiltTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(arguments: ["pull", "push"])
    func verbs(verb: String) throws {
        for words in [[verb], [verb, "s3://bucket/x"]] {
            let finished = try Program.run([Program.provision] + words)
            #expect(finished.status == 64)
            #expect(finished.output == "")
            #expect(finished.errors == "provision: `provision \(verb)` is not there yet\n")
        }
    }

    /// A key is a warning while nobody asks for more than a check, and refused where it would have to act.
    @Test(arguments: [
        "extract: true", "links: true", "shard: auto", "shard: {index: 0, count: 2}", "sync_back: on_exit",
        "cache: {size: 1G}",
    ])
    func keys(key: String) throws {
        try folder.write("x", to: "file")
        try folder.write("file_mounts: {\(folder.path("dst")): {source: ./file, \(key)}}", to: "task.yaml")
        let offline = try provision("--dry-run", "--offline", "task.yaml", in: folder.path)
        #expect(offline.status == 0)
        #expect(offline.output.contains("warning[not-built]: `\(key.prefix { $0 != ":" })`"))
        #expect(try provision("--dry-run", "task.yaml", in: folder.path).status == 64)
        #expect(try provision("task.yaml", in: folder.path).status == 64)
        #expect(try folder.names == ["file", "task.yaml"])
    }

    /// What no build of this age can do is refused for the whole task: half of it would look like all of it.
    @Test func mounts() throws {
        let entry = "{name: team-data, source: ./file, mode: COPY}"
        let message = "uploading a local source is not built yet"
        try folder.write("x", to: "file")
        try folder.write(
            "file_mounts: {\(folder.path("dst")): \(entry), \(folder.path("local")): ./file}", to: "task.yaml")
        for options in [["--dry-run"], []] {
            let finished = try Program.run([Program.provision, "task.yaml"] + options, in: folder.path)
            #expect(finished.status == 64)
            #expect((finished.output + finished.errors).contains(message), "\(finished.output)\(finished.errors)")
            #expect(try folder.names == ["file", "task.yaml"])
        }
        #expect(try provision("--dry-run", "--offline", "task.yaml", in: folder.path).status == 0)
    }

    /// A file with mistakes is told of them whatever is built.
    @Test func mistakesComeFirst() throws {
        try folder.write("file_mounts: {a: s3://team-data}", to: "task.yaml")
        #expect(try provision("task.yaml", in: folder.path).status == 78)
        #expect(try provision("--dry-run", "task.yaml", in: folder.path).status == 78)
    }
}

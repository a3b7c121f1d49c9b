import Foundation
import TestSupport
import Testing

@Suite(.apart) struct InitTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func writesTheFileAndSaysWhatIsNext() throws {
        let finished = try provision("init", in: folder.path)
        #expect(finished.status == 0)
        #expect(finished.errors == "")
        #expect(finished.output.contains("Wrote task.yaml"))
        #expect(finished.output.contains("  provision --dry-run --offline task.yaml\n"))
        #expect(try folder.names == ["task.yaml"])
        let text = try folder.read("task.yaml")
        #expect(
            text.hasPrefix(
                "# yaml-language-server: $schema=https://raw.githubusercontent.com/provision/provision/main/schemas/"
                    + "task.schema.json\n"))
        for part in ["file_mounts:", "~/model: s3://", "mode: COPY", "mode: MOUNT\n", "mode: MOUNT_CACHED\n"] {
            #expect(text.contains(part))
        }
    }

    @Test func printsToStandardOutput() throws {
        let printed = try provision("init", "-", in: folder.path)
        #expect(printed.status == 0)
        #expect(try folder.names == [])
        _ = try provision("init", "my task.yml", in: folder.path)
        #expect(try folder.read("my task.yml") == printed.output)
    }

    @Test func quotesTheNameForTheShell() throws {
        let finished = try provision("init", "it's mine.yaml", in: folder.path)
        #expect(finished.output.contains(#"'it'\''s mine.yaml'"#))
        #expect(try provision("init", "-q", "other.yaml", in: folder.path).output == "")
    }

    @Test func neverOverwritesUnlessForced() throws {
        try folder.write("precious", to: "task.yaml")
        let refused = try provision("init", in: folder.path)
        #expect(refused.status == 73)
        #expect(refused.output == "")
        #expect(refused.errors.hasPrefix("provision: task.yaml cannot be made: File exists\n  hint: "))
        #expect(try folder.read("task.yaml") == "precious")

        #expect(try provision("init", "--force", in: folder.path).status == 0)
        #expect(try folder.read("task.yaml").contains("file_mounts:"))
        #expect(try folder.names == ["task.yaml"])
    }

    /// A link that leads nowhere would be written through if existence were asked first.
    @Test func doesNotFollowADanglingLink() throws {
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("task.yaml"), withDestinationPath: folder.path("elsewhere"))
        #expect(try provision("init", in: folder.path).status == 73)
        #expect(try folder.names == ["task.yaml"])
    }

    @Test func onlyTheFirstOfManyWrites() async throws {
        let path = folder.path
        let statuses = try await withThrowingTaskGroup(of: Int32.self) { group in
            for _ in 0..<6 { group.addTask { try provision("init", in: path).status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.sorted() == [0, 73, 73, 73, 73, 73])
    }

    @Test func refusals() throws {
        #expect(try provision("init", "missing/task.yaml", in: folder.path).status == 73)
        #expect(try provision("init", "task.txt", in: folder.path).status == 64)
        try FileManager.default.createDirectory(atPath: folder.path("d.yaml"), withIntermediateDirectories: false)
        #expect(try provision("init", "--force", "d.yaml", in: folder.path).status == 73)
        #expect(try folder.names == ["d.yaml"])
    }
}

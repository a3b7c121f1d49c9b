import Foundation
import TestSupport
import Testing

/// A working folder for dry runs.
struct DryRunSandbox {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    func dryRun(
        _ text: String, _ options: String..., environment: [String: String] = [:]
    ) throws -> Finished {
        try folder.write(text, to: "task.yaml")
        return try Program.run(
            [Program.provision, "--dry-run", "--offline", "task.yaml"] + options, environment: environment,
            in: folder.path)
    }

    func document(_ finished: Finished) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any])
    }

    func plan(_ finished: Finished) throws -> [[String: Any]] {
        try #require(try document(finished)["plan"] as? [[String: Any]])
    }
}

import Foundation
import TestSupport

/// Google's own client, which `client.py` drives: each command prints one JSON object.
enum GCSClient {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "client.py").path

    static func run(_ words: [String]) throws -> [String: String] {
        let finished = try Program.run([GoogleStorage.python, script] + words)
        guard finished.status == 0 else { throw Failure(errors: finished.errors) }
        return try JSONDecoder().decode([String: String].self, from: Data(finished.output.utf8))
    }

    struct Failure: Error {
        let errors: String
    }
}

import Foundation
import JSON
import TestSupport

/// PyPI's google-auth, which verifies tokens: a judge that shares no code with us.
enum GoogleAuth {
    static let isHere = GoogleStorage.isHere
    static let absence = GoogleStorage.absence
    private static let judge = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "judge.py").path

    /// What it makes of each token; `error` is why it does not believe it.
    static func verify(_ tokens: [String], certificate: String, keyID: String) throws -> [JSONValue] {
        let lines = tokens.map { token in
            let members: JSONValue = [
                "token": .string(token), "certificate": .string(certificate), "kid": .string(keyID),
            ]
            return members.compact
        }
        let finished = try Program.run([GoogleStorage.python, judge], input: lines.joined(separator: "\n"))
        guard finished.status == 0 else { throw Failure(errors: finished.errors) }
        return try finished.output.split(separator: "\n").map { try JSONValue(reading: $0.utf8) }
    }

    struct Failure: Error {
        let errors: String
    }
}

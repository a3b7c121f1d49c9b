import Foundation
import TestSupport

/// Python with the packages that `script/setup` puts into `.tools/python`.
enum Python {
    private static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let interpreter = project.appending(path: ".tools/python/bin/python").path

    static let isHere = (try? Program.run([interpreter, "-c", "import botocore"]))?.status == 0
    static let absence = "botocore is not in .tools/python: run script/setup"

    static func run(
        _ script: String, _ words: [String] = [], environment: [String: String] = [:], input: String = ""
    ) throws -> String {
        let finished = try Program.run(
            [interpreter, project.appending(path: script).path] + words, environment: environment, input: input)
        guard finished.status == 0 else { throw PythonFailure(errors: finished.errors) }
        return finished.output
    }

    struct PythonFailure: Error {
        let errors: String
    }
}

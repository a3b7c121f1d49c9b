import Foundation
import TestSupport

/// Python with PyPI's jsonschema, which `script/setup` puts into `.tools/python`: a judge that shares no code with us.
enum Judge {
    static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let python = project.appending(path: ".tools/python/bin/python").path
    static let isHere = FileManager.default.isExecutableFile(atPath: python)
    static let absence = "PyPI's jsonschema is not in .tools/python: run script/setup"

    /// What the judge objects to, by file; a file it has no objection to is absent. Documents may be YAML, JSON or
    /// NDJSON.
    static func objections(to files: [String], schema: String) throws -> [String: String] {
        let script = project.appending(path: "Tests/EndToEnd/Support/judge.py").path
        let schemaFile = project.appending(path: "schemas/\(schema).schema.json").path
        let finished = try Program.run([python, script, schemaFile], input: files.joined(separator: "\n"))
        guard finished.status == 0 else { throw JudgeFailure(errors: finished.errors) }
        let answer = try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: String]
        return answer ?? [:]
    }

    struct JudgeFailure: Error {
        let errors: String
    }
}

import JSON
import Plan
import Platform
import TaskFile

/// The JSON Schemas of the documents that programs read. All documents carry `"v": 1`; members may be added, none is
/// taken away or given another meaning.
enum DocumentSchemas {
    static let dryRun = document(
        "what --dry-run --output json prints",
        [
            ("task", .string), ("ok", .boolean), ("exit_code", .exitCode), ("diagnostics", .array(of: diagnostic)),
            ("plan", .array(of: planEntry)),
        ])

    static let status = document(
        "the final document of a run, and its status file",
        [
            ("task", .string), ("result", ["enum": ["ok", "failed"]]), ("exit_code", .exitCode),
            ("exit_source", ["enum": ["provision", "command"]]), ("started", .orNull(.time)),
            ("diagnostics", .array(of: diagnostic)), ("mounts", .array(of: mount)),
        ])

    /// One line of `--output ndjson`. What belongs to an event stands beside these members.
    static let event: JSONValue = [
        "$schema": .draft, "title": "one line of --output ndjson", "type": "object",
        "properties": [
            "v": ["const": 1], "ts": .time,
            "event": ["enum": ["plan", "state", "progress", "uploaded", "log", "summary"]],
            "mount": .orNull(.string), "plan": planEntry, "diagnostic": diagnostic,
            "level": ["enum": ["error", "warning", "info", "debug"]], "message": .string, "state": state,
            "exit_code": .exitCode, "uploads": uploads,
        ],
        "required": ["v", "ts", "event", "mount"],
        "allOf": [
            ["if": eventIs("plan"), "then": ["required": ["plan"]]],
            ["if": eventIs("log"), "then": ["required": ["level"]]],
            ["if": eventIs("state"), "then": ["required": ["state"]]],
            // How far a copy has come, or how far what was written has come into the bucket.
            [
                "if": eventIs("progress"),
                "then": ["anyOf": [["required": ["objects", "bytes", "seconds"]], ["required": ["uploads"]]]],
            ],
            [
                "if": eventIs("uploaded"),
                "then": .record([("path", .string), ("bytes", .count), ("version", .orNull(.string))]),
            ],
            ["if": eventIs("summary"), "then": ["required": ["exit_code"]]],
        ],
    ]

    private static func document(_ title: String, _ members: [(String, JSONValue)]) -> JSONValue {
        var schema: [JSONValue.Member] = [.init("$schema", .draft), .init("title", .string(title))]
        guard case .object(let body) = JSONValue.record([("v", ["const": 1])] + members) else { return nil }
        schema += body
        return .object(schema)
    }

    private static func eventIs(_ name: String) -> JSONValue {
        ["properties": ["event": ["const": .string(name)]]]
    }

    private static let diagnostic: JSONValue = .record([
        ("severity", ["enum": ["error", "warning"]]),
        ("code", ["enum": .strings(DiagnosticCode.allCases.map(\.rawValue))]), ("message", .string),
        ("hint", .orNull(.string)), ("file", .string), ("line", .orNull(.count)), ("column", .orNull(.count)),
        ("path", .orNull(.string)),
    ])

    private static let planEntry: JSONValue = .record(
        [
            ("destination", .string), ("path", .string),
            ("source", ["anyOf": [["type": ["string", "null"]], .array(of: .string)]]), ("mode", mode),
            ("store", store), ("endpoint", .orNull(.string)), ("region", .orNull(.string)),
            ("identity", .orNull(.string)), ("objects", .orNull(.count)), ("bytes", .orNull(.count)),
            (
                "disk",
                .orNull(
                    .record([("path", .string), ("required", .orNull(.count)), ("available", .orNull(.count))]))
            ),
            ("strategy", ["type": "object", "required": ["action"]]),
        ], optional: [("task", .string)])

    private static let uploads: JSONValue = .record([
        ("files", .count), ("bytes", .count), ("pending", .count), ("failed", .count),
    ])

    private static let mode: JSONValue = ["enum": .strings(Mode.allCases.map(\.rawValue))]
    private static let store: JSONValue = ["enum": .strings(Store.allCases.map(\.rawValue))]
    private static let state: JSONValue = [
        "enum": [
            "planned", "checking", "copying", "copied", "mounting", "mounted", "recovering", "draining", "drained",
            "unmounted", "failed", "skipped",
        ]
    ]

    private static let mount: JSONValue = .record([
        ("destination", .string), ("path", .string), ("source", ["type": ["string", "array", "null"]]), ("mode", mode),
        ("state", state),
        (
            "objects",
            .record([("total", .orNull(.count)), ("done", .count), ("skipped", .count)])
        ),
        ("bytes", .record([("total", .orNull(.count)), ("done", .count)])), ("seconds", ["type": "number"]),
        ("requests", .count), ("retries", .count), ("identity", .orNull(.string)), ("pid", .orNull(.count)),
        ("uploads", uploads),
        ("kept", .array(of: .record([("path", .string), ("reason", .string), ("file", .string)]))),
        (
            "error",
            .orNull(
                .record([
                    ("code", .string), ("message", .string), ("hint", .orNull(.string)), ("retryable", .boolean),
                ]))
        ),
    ])
}

extension JSONValue {
    fileprivate static let draft: JSONValue = "http://json-schema.org/draft-07/schema#"
    fileprivate static let string: JSONValue = ["type": "string"]
    fileprivate static let boolean: JSONValue = ["type": "boolean"]
    fileprivate static let count: JSONValue = ["type": "integer", "minimum": 0]
    fileprivate static let exitCode: JSONValue = ["type": "integer", "minimum": 0, "maximum": 255]
    fileprivate static let time: JSONValue = [
        "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$",
    ]

    fileprivate static func array(of items: JSONValue) -> JSONValue { ["type": "array", "items": items] }

    fileprivate static func orNull(_ schema: JSONValue) -> JSONValue { ["anyOf": [["type": "null"], schema]] }

    /// An object that has all of these members, and possibly the optional ones.
    fileprivate static func record(
        _ members: [(String, JSONValue)], optional: [(String, JSONValue)] = []
    ) -> JSONValue {
        [
            "type": "object", "properties": .object((members + optional).map { Member($0.0, $0.1) }),
            "required": .strings(members.map(\.0)),
        ]
    }
}

public import JSON

/// The JSON Schema of the task file, for editors: draft-07, because that is what they read. It flags what
/// `--dry-run --offline` flags, as far as a schema can; both come from the same tables.
public enum TaskSchema {
    public static let schema: JSONValue = [
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "provision task file",
        "type": "object",
        "properties": [
            "name": ["type": ["string", "null"], "minLength": 1, "description": "the task's name"],
            "envs": variables("variables for ${NAME} and for COMMAND; null: from the environment"),
            "secrets": variables("like envs, but never shown"),
            "file_mounts": [
                "type": "object",
                "description": "destinations and where their content comes from",
                "propertyNames": .anyOf([.pattern("^~?/+[^/]"), .variable]),
                "additionalProperties": .anyOf([source, ["$ref": "#/definitions/entry"]]),
            ],
            "providers": [
                "description": "named endpoints and credentials, or a file that has them",
                "anyOf": [
                    ["type": "string"], ["type": "null"],
                    ["type": "object", "additionalProperties": ["$ref": "#/definitions/provider"]],
                ],
            ],
            "direct_access": shape(of: "direct_access"),
            "path_substitution": shape(of: "path_substitution"),
        ],
        "definitions": ["entry": entry, "provider": provider],
    ]

    private static func shape(of key: String) -> JSONValue { TaskKeys.rules[key]?.shape.schema ?? true }

    private static func variables(_ description: String) -> JSONValue {
        [
            "type": ["object", "null"], "description": .string(description),
            "propertyNames": ["pattern": "^[A-Za-z_][A-Za-z0-9_]*$"],
            "additionalProperties": ["type": ["string", "number", "boolean", "null"]],
        ]
    }

    // MARK: Entries

    /// A URL with a scheme of ours, or a local path.
    private static var source: JSONValue {
        let schemes = SourceParser.schemes.map(ValueShape.anyCasePrefix).joined(separator: "|")
        return .anyOf([
            .pattern("^(\(schemes))://."),
            .pattern("^(?!(\(schemes))(:|//)|[A-Za-z][A-Za-z0-9+.-]*://)."), .variable,
        ])
    }

    private static var entry: JSONValue {
        let rules = EntryKeys.rules.filter { $0.name != "source" }
        guard case .object(let properties) = JSONValue.properties(rules) else { return nil }
        let sources: JSONValue = .anyOf([
            source, ["type": "array", "items": source, "minItems": 1], .absent,
        ])
        return [
            "type": "object",
            "properties": .object([.init("source", sources)] + properties),
            "additionalProperties": false,
            "anyOf": [filled("source"), filled("name")],
            "allOf": .array(Mode.allCases.map(keysNotFor) + [nonemptyFor(.copy), nonemptyFor(.mount)]),
        ]
    }

    private static func filled(_ key: String) -> JSONValue {
        ["required": [.string(key)], "properties": .object([.init(key, ["not": .absent])])]
    }

    /// When the mode is written there, the keys of other modes are wrong.
    private static func keysNotFor(_ mode: Mode) -> JSONValue {
        let wrong = EntryKeys.rules.filter { !$0.modes.contains(mode) }
        return [
            "if": modeIs(mode), "then": ["properties": .object(wrong.map { .init($0.name, .absent) })],
        ]
    }

    private static func nonemptyFor(_ mode: Mode) -> JSONValue {
        let words = OnNonempty.allowed(in: mode).map(\.rawValue)
        return [
            "if": modeIs(mode),
            "then": ["properties": ["on_nonempty": .anyOf([["enum": .strings(words)], .variable, .absent])]],
        ]
    }

    private static func modeIs(_ mode: Mode) -> JSONValue {
        [
            "properties": ["mode": ["type": "string", "pattern": .string(ValueShape.anyCase(mode.rawValue))]],
            "required": ["mode"],
        ]
    }

    // MARK: Providers

    private static var provider: JSONValue {
        [
            "type": "object", "properties": .properties(ProviderKeys.rules), "additionalProperties": false,
            "required": ["provider"],
        ]
    }
}

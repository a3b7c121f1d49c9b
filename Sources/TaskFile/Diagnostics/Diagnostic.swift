public import JSON
public import Platform

/// One problem of a task: what, where, and what to do about it.
public struct Diagnostic: Sendable, Hashable {
    public enum Severity: String, Sendable {
        case error
        case warning
    }

    public var severity: Severity
    public var code: DiagnosticCode
    public var message: String
    public var hint: String?
    /// The file as the user named it; `<stdin>` for standard input.
    public var file: String
    /// Absent only where no place in the file is to blame.
    public var position: Position?
    /// The way to the node, such as `file_mounts./dataset.mode`.
    public var path: String?

    public init(
        _ severity: Severity, _ code: DiagnosticCode, _ message: String, hint: String? = nil, file: String,
        position: Position? = nil, path: String? = nil
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.hint = hint
        self.file = file
        self.position = position
        self.path = path
    }

    /// The same with no secret in it.
    public func without(_ secrets: SecretValues) -> Diagnostic {
        Diagnostic(
            severity, code, secrets.removed(from: message), hint: hint.map(secrets.removed), file: file,
            position: position, path: path.map(secrets.removed))
    }

    /// `task.yaml:7:5: error[bad-scheme]: …` and, on a line of its own, the hint.
    public var text: String {
        let place = position.map { ":\($0.line):\($0.column)" } ?? ""
        let head = "\(file.printable)\(place): \(severity.rawValue)[\(code.rawValue)]: \(message.printable)"
        return hint.map { head + "\n  hint: " + $0.printable } ?? head
    }

    public var json: JSONValue {
        [
            "severity": .string(severity.rawValue), "code": .string(code.rawValue), "message": .string(message),
            "hint": .optional(hint), "file": .string(file), "line": .optional(position?.line),
            "column": .optional(position?.column), "path": .optional(path),
        ]
    }
}

/// A place in a file, counted from 1 as editors do; columns count characters, not bytes.
public struct Position: Sendable, Equatable, Hashable, Comparable {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static let start = Position(line: 1, column: 1)

    public static func < (left: Position, right: Position) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

extension Sequence<Diagnostic> {
    /// The exit status that these problems ask for: warnings alone ask for none.
    public var exitStatus: ExitStatus {
        ExitStatus.deciding(among: lazy.filter { $0.severity == .error }.map(\.code.exitStatus))
    }
}

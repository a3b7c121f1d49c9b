import Platform

/// The table of verbs: what the program can be told to do. Help, completion scripts and manual page show them in this
/// order.
enum Verb: String, CaseIterable, Sendable {
    case run, status, down, flush, check, doctor, pull, push, ls, cache, schema
    case initialize = "init"
    case completion, version, help

    typealias Action = (Invocation) throws(Failure) -> ExitStatus

    struct Row {
        let operands: [Operand]
        let summary: String
        /// Absent while the verb is not built.
        let action: Action?

        init(_ operands: [Operand] = [], _ summary: String, action: Action? = nil) {
            self.operands = operands
            self.summary = summary
            self.action = action
        }
    }

    var row: Row {
        switch self {
        case .run:
            Row(
                [Operand("TASK.yaml", .one, .taskFile)],
                "materialize the task's file_mounts", action: Run.perform)
        case .status: Row([.task], "what runs", action: TaskVerbs.status)
        case .down: Row([.task], "drain and unmount", action: TaskVerbs.down)
        case .flush: Row([.task], "drain only: everything written goes to the bucket", action: TaskVerbs.flush)
        case .check:
            Row([Operand("URL", .oneOrMore)], "can this source be listed and read, and as whom", action: Check.perform)
        case .doctor: Row([], "what this machine has of what is needed, and what is missing", action: Doctor.perform)
        case .pull: Row([Operand("URL"), Operand("DEST", .optional, .file)], "copy from a bucket, once")
        case .push: Row([Operand("SRC", .oneOrMore, .file), Operand("URL")], "copy to a bucket, once")
        case .ls: Row([Operand("URL")], "list a bucket, a prefix or an object", action: List.perform)
        case .cache:
            Row(
                [.choice(CacheVerb.Deed.allCases.map(\.rawValue))], "look after what mounts keep on this machine",
                action: CacheVerb.perform)
        case .schema:
            Row(
                [.choice(Schema.allCases.map(\.rawValue), .optional)],
                "print the JSON Schema of the task file, or of a document", action: Schema.perform)
        case .initialize:
            Row([Operand("TASK.yaml", .optional, .taskFile)], "write a commented task file", action: Init.perform)
        case .completion:
            Row(
                [.choice(Shell.allCases.map(\.rawValue))], "print a completion script for a shell",
                action: Completion.perform)
        case .version: Row([], "print the version", action: Version.perform)
        case .help: Row([.choice(HelpTopic.names, .optional, as: "VERB|man")], "show help", action: Help.perform)
        }
    }

    var isBuilt: Bool { row.action != nil }

    /// What is typed for it: a task file is run without a verb.
    var word: String? { self == .run ? nil : rawValue }

    init?(word: String) {
        guard let verb = Verb(rawValue: word), verb.word != nil else { return nil }
        self = verb
    }

    /// `provision pull URL [DEST]`
    var usage: String {
        (["provision", word].compactMap(\.self) + row.operands.map(\.usage)).joined(separator: " ")
    }

    /// How messages call it.
    var title: String { "`provision \(word ?? "TASK.yaml")`" }
}

extension Operand {
    fileprivate static let task = Operand("TASK.yaml|NAME", .optional, .taskFile)
}

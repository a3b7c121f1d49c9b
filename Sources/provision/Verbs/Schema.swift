import JSON
import Platform
import TaskFile

/// `provision schema [task|dry-run|status|event]`: the JSON Schemas of what users write and programs read.
enum Schema: String, CaseIterable {
    case task
    case dryRun = "dry-run"
    case status
    case event

    static func perform(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        let schema = invocation.operands.first.flatMap(Schema.init) ?? .task
        try Results.write(schema.document.pretty + "\n")
        return .done
    }

    private var document: JSONValue {
        switch self {
        case .task: TaskSchema.schema
        case .dryRun: DocumentSchemas.dryRun
        case .status: DocumentSchemas.status
        case .event: DocumentSchemas.event
        }
    }
}

import Platform

@testable import TaskFile

/// Reads text as a task file, in an environment with nothing but HOME unless a test says otherwise.
func read(_ text: String, _ environment: [String: String] = [:], providers: String? = nil) -> TaskFile {
    read([UInt8](text.utf8), environment, providers: providers)
}

func read(_ bytes: [UInt8], _ environment: [String: String] = [:], providers: String? = nil) -> TaskFile {
    var context = TaskContext(
        environment: Environment(environment.merging(["HOME": "/home/u"]) { given, _ in given }), home: "/home/u")
    context.operatorProviders = providers.map { .init(name: "providers.yaml", bytes: [UInt8]($0.utf8)) }
    return TaskFile.read(bytes, file: "task.yaml", context: context)
}

extension TaskFile {
    /// The problems that matter to a test: warnings about what is not built come and go.
    var problems: [String] {
        diagnostics.filter { $0.code != .notBuilt }.map { diagnostic in
            let place = diagnostic.position.map { "\($0.line):\($0.column)" } ?? "-"
            return "\(place) \(diagnostic.severity.rawValue) \(diagnostic.code.rawValue) \(diagnostic.path ?? "-")"
        }
    }

    var mounts: [Mount] { tasks.flatMap(\.mounts) }
}

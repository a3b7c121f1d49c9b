import JSON
import Platform

/// `provision version`
enum Version {
    static let current = "0.1.0"
    /// The day of the release, for the manual page.
    static let released = "2026-11-20"

    static func perform(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        let document: JSONValue = ["v": 1, "version": .string(current)]
        switch invocation.settings.output {
        case .text: try Results.write("provision \(current)\n")
        case .json: try Results.write(document.pretty + "\n")
        case .ndjson: try Results.write(document.compact + "\n")
        }
        return .done
    }
}

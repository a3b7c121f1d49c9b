import JSON
import MountSession
import Platform

/// What has just happened to a mount, for whoever follows the task.
enum TaskEvent: Sendable {
    /// A file is in the bucket.
    case uploaded(UploadReport)
    case log(Level, String)

    enum Level: String, Sendable {
        case info, warning, error
    }

    /// Nothing of what is told otherwise.
    init?(_ event: Keeper.Event) {
        switch event {
        case .uploaded(let file): self = .uploaded(file)
        case .lost(let end, let isOutOfMemory): self = .log(.warning, Self.loss(end, isOutOfMemory: isOutOfMemory))
        case .revived(let milliseconds): self = .log(.info, "another session serves after \(milliseconds) ms")
        case .gaveUp(let reason): self = .log(.error, "nobody serves it any more: \(reason)")
        case .trouble(let trouble): self = .log(.warning, "\(trouble.code): \(trouble.message)")
        case .kept(let kept): self = .log(.error, "`\(kept.path)` is kept aside (\(kept.reason)) in \(kept.file)")
        case .unmounted, .note, .saving, .traffic: return nil
        }
    }

    /// What is said of a session that has died.
    static func loss(_ end: ProcessEnd, isOutOfMemory: Bool) -> String {
        let cause = ", killed by the kernel for want of memory: `--max-memory` says how much it takes"
        return "its session has ended (\(end.status)\(isOutOfMemory ? cause : ""))"
    }

    /// With the members that an event of NDJSON has.
    func json(of mount: String?) -> JSONValue {
        let members: [JSONValue.Member] =
            switch self {
            case .uploaded(let file):
                [
                    .init("event", "uploaded"), .init("path", .string(file.path)), .init("bytes", .integer(file.bytes)),
                    .init("version", .optional(file.version.isEmpty ? nil : file.version)),
                ]
            case .log(let level, let message):
                [
                    .init("event", "log"), .init("level", .string(level.rawValue)),
                    .init("message", .string(message.printable)),
                ]
            }
        return .object([.init("mount", .optional(mount))] + members)
    }
}

import JSON
import ObjectStore
import Plan
import Platform
import Synchronization
import TaskFile

/// Writes a listing as it comes, so that nothing of it has to be kept: lines for people in the manner of `aws s3 ls`, one
/// document whose entries are lines of their own, or a line for each entry.
final class ListOutput: Sendable {
    private struct Sum {
        var objects = 0
        var bytes = 0
        var entries = 0
    }

    private let format: OutputFormat
    private let head: [JSONValue.Member]
    private let sum = Mutex(Sum())

    init(_ format: OutputFormat, of mount: Mount) {
        self.format = format
        head = [
            .init("v", 1), .init("url", .optional(mount.sources.first?.shown)),
            .init("store", .string(mount.store.rawValue)),
        ]
    }

    func show(_ entries: [(SourceEntries.Entry, name: ObjectKey)]) throws(Failure) {
        var text = ""
        sum.withLock { sum in
            for (entry, name) in entries {
                text += line(entry, name, isFirst: sum.entries == 0)
                sum.entries += 1
                guard case .object(let object) = entry else { continue }
                sum.objects += 1
                sum.bytes += object.size
            }
        }
        try Results.write(text)
    }

    /// With why it ended early, if it did.
    func finish(_ failure: Failure?) throws(Failure) {
        let sum = sum.withLock { $0 }
        let end: [JSONValue.Member] = [
            .init("objects", .integer(sum.objects)), .init("bytes", .integer(sum.bytes)),
            .init("ok", .boolean(failure == nil)), .init("exit_code", .integer(Int(failure?.status.rawValue ?? 0))),
            .init("error", .optional(failure?.message)),
        ]
        switch format {
        case .text: break
        case .json:
            let start = sum.entries == 0 ? opening : "\n"
            let members = JSONValue.object(end).compact.dropFirst()
            try Results.write("\(start)], \(members)\n")
        case .ndjson:
            try Results.write(JSONValue.object([head[0], .init("type", "summary")] + end).compact + "\n")
        }
    }

    private var opening: String { JSONValue.object(head).compact.dropLast() + ", \"entries\": [" }

    private func line(_ entry: SourceEntries.Entry, _ name: ObjectKey, isFirst: Bool) -> String {
        switch format {
        case .text: Self.text(entry, name) + "\n"
        case .json: (isFirst ? opening + "\n" : ",\n") + "  " + JSONValue.object(Self.members(entry, name)).compact
        case .ndjson: JSONValue.object([head[0]] + Self.members(entry, name)).compact + "\n"
        }
    }

    private static func text(_ entry: SourceEntries.Entry, _ name: ObjectKey) -> String {
        guard case .object(let object) = entry else {
            return String(repeating: " ", count: 29) + "PRE " + name.shown
        }
        let size = object.hasUnknownSize ? "?" : String(object.size)
        return time(object).prefix(19).replacing("T", with: " ") + " "
            + String(repeating: " ", count: max(0, 12 - size.count)) + size + " " + name.shown
    }

    private static func time(_ object: ObjectInfo) -> String {
        Timestamp(seconds: object.modified.seconds, milliseconds: object.modified.nanoseconds / 1_000_000).text
    }

    private static func members(_ entry: SourceEntries.Entry, _ name: ObjectKey) -> [JSONValue.Member] {
        let shared: [JSONValue.Member] = [
            .init("name", .string(name.shown)), .init("key", .string(entry.key.shown)),
        ]
        guard case .object(let object) = entry else { return [.init("type", "prefix")] + shared }
        var members = [JSONValue.Member("type", "object")] + shared
        members += [
            .init("size", object.hasUnknownSize ? .null : .integer(object.size)),
            .init("modified", .string(time(object))), .init("version", .string(object.version.text)),
            .init("storage_class", .optional(object.storageClass)), .init("archived", .boolean(object.isArchived)),
        ]
        if let type = object.metadata.contentType { members.append(.init("content_type", .string(type))) }
        if !object.metadata.user.isEmpty {
            let user = object.metadata.user.sorted { $0.key < $1.key }
            members.append(.init("metadata", .object(user.map { .init($0.key, .string($0.value)) })))
        }
        return members
    }
}

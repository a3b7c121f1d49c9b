import Cache
import JSON
import Platform

/// Shows caches: a table for people, one document, or a line for each cache and object.
final class CacheOutput {
    private let format: OutputFormat
    private let style: TerminalStyle
    private var texts: [String] = []
    private var documents: [JSONValue] = []

    init(_ format: OutputFormat, style: TerminalStyle) {
        self.format = format
        self.style = style
    }

    /// What is in it.
    func add(_ cache: CacheContents, _ objects: [CacheContents.Object]) {
        let bytes = objects.reduce(0) { $0 + $1.bytes }
        let limits = cache.limits
        let age = limits.maxAge.map { ", \($0) long" } ?? ""
        let head = "\(Self.count(objects.count)), \(Amount.text(bytes)) of \(Amount.text(limits.size))\(age)"
        let rows = objects.map { object -> [String] in
            [
                String(Self.time(object).prefix(19)).replacing("T", with: " "), Amount.text(object.bytes),
                Amount.text(object.version.size), Self.place(object.version),
            ]
        }
        texts.append(
            style.bold(cache.path.printable) + ": \(head)\n"
                + (rows.isEmpty ? "" : Table(header: ["USED", "KEPT", "OF", "OBJECT"], rows: rows).text(style)))
        documents.append([
            "folder": .string(cache.path), "bytes": .integer(bytes), "size": .integer(limits.size),
            "max_age": limits.maxAge.map { .string($0.description) } ?? .null,
            "objects": .array(objects.map(Self.document)),
        ])
    }

    /// What has been removed from it.
    func add(_ cache: CacheContents, _ removal: CacheContents.Removal) {
        texts.append(
            style.bold(cache.path.printable) + ": \(Self.count(removal.removed)), \(Amount.text(removal.removedBytes)) "
                + "removed; \(Amount.text(removal.leftBytes)) left\n")
        documents.append([
            "folder": .string(cache.path), "removed": .integer(removal.removed),
            "removed_bytes": .integer(removal.removedBytes), "bytes": .integer(removal.leftBytes),
        ])
    }

    func write() throws(Failure) {
        switch format {
        case .text: try Results.write(texts.isEmpty ? "no cache\n" : texts.joined(separator: "\n"))
        case .json:
            let document: JSONValue = ["v": 1, "caches": .array(documents)]
            try Results.write(document.pretty + "\n")
        case .ndjson:
            for case .object(let members) in documents {
                try Results.write(JSONValue.object([.init("v", 1)] + members).compact + "\n")
            }
        }
    }

    // MARK: Objects

    private static func document(_ object: CacheContents.Object) -> JSONValue {
        let version = object.version
        return [
            "place": .string(version.place), "key": .string(shownKey(version)), "version": .string(version.version),
            "size": .integer(version.size), "bytes": .integer(object.bytes), "used": .string(time(object)),
        ]
    }

    private static func place(_ version: CachedVersion) -> String {
        (version.place + "/").printable + shownKey(version)
    }

    private static func shownKey(_ version: CachedVersion) -> String {
        String(decoding: version.key, as: UTF8.self).printable
    }

    private static func time(_ object: CacheContents.Object) -> String {
        Timestamp(seconds: object.used, milliseconds: 0).text
    }

    private static func count(_ objects: Int) -> String { objects == 1 ? "1 object" : "\(objects) objects" }
}

import MountFS
import ObjectStore
import Platform

/// What the tree of a set of keys should be, worked out from the set alone.
struct TreeModel {
    struct Name: Equatable {
        var kind: FileEntry.Kind
        var size = 0
        /// Its object says so, which only the object itself tells: until it was asked, the link is seen as a file.
        var isLink = false

        func allows(_ found: Name) -> Bool {
            size == found.size && (kind == found.kind || isLink && found.kind == .link)
        }
    }

    struct Object: Equatable {
        var size: Int
        var metadata: [String: String] = [:]
        var bytes: [UInt8] = []

        var isLink: Bool { metadata["mode"] == Self.linkMode }
        static let linkMode = "41471"
    }

    let objects: [ObjectKey: Object]
    let root: ObjectKey

    /// The names of a folder, by its path of names.
    func names(in path: [[UInt8]]) -> [[UInt8]: Name] {
        let prefix = ObjectKey(root.bytes + path.flatMap { $0 + [UInt8(ascii: "/")] })
        var names: [[UInt8]: Name] = [:]
        for (key, object) in objects where key.hasPrefix(prefix) && key != prefix {
            let rest = key.bytes.dropFirst(prefix.bytes.count)
            let name = Array(rest.prefix { $0 != UInt8(ascii: "/") })
            guard Self.isShown(name) else { continue }
            if name.count < rest.count {
                names[name] = Name(kind: .folder)
            } else if names[name] == nil {
                names[name] = Name(kind: .file, size: object.size, isLink: object.isLink)
            }
        }
        return names
    }

    func find(_ path: [[UInt8]]) -> Name? {
        guard let last = path.last else { return Name(kind: .folder) }
        return names(in: path.dropLast())[last]
    }

    func key(_ path: [[UInt8]]) -> ObjectKey {
        ObjectKey(root.bytes + path.joined(separator: [UInt8(ascii: "/")]))
    }

    private static func isShown(_ name: [UInt8]) -> Bool {
        let text = String(decoding: name, as: UTF8.self)
        return !["", ".", ".."].contains(text) && name.count <= 255 && !name.contains(0)
    }
}

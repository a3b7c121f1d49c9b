import Glibc
import ObjectStore
import Platform
import TestSupport

@testable import MountFS

/// What a mount shows, and whether that is what the model has.
extension WritingRun {
    struct Shown: Equatable {
        var kind: NodeKind
        var size: Int
        var mode: UInt32
        var owner: UInt32
        var group: UInt32
        var modified: FileTime
        var bytes: [UInt8]
    }

    /// Everything, looked up name by name.
    mutating func shown(by mount: TestMount) async throws -> [Path: Shown] {
        var all: [Path: Shown] = [:]
        var folders: [(Path, NodeID)] = [([], .root)]
        var looked: [NodeID] = []
        defer { for node in looked { mount.files.forget(node, count: 1) } }
        while let (path, node) = folders.popLast() {
            last = "list \(shown(path)) in the end"
            for listed in try await mount.list(node) {
                // One by itself, so that what is in its metadata is asked for.
                mount.pass(milliseconds: 1001)
                guard let entry = try await mount.lookUp(listed.name, in: node) else {
                    throw Wrong(description: "\(shown(path + [listed.name])) is listed and not there")
                }
                let attributes = entry.attributes
                last = "read \(shown(path + [listed.name])) in the end"
                guard all[path + [listed.name]] == nil else {
                    throw Wrong(description: "\(shown(path + [listed.name])) is listed twice")
                }
                let bytes: [UInt8] =
                    switch attributes.kind {
                    case .file: try await mount.read(attributes.node)
                    case .link: try await answer { mount.files.target(ofLink: attributes.node, $0) }
                    default: []
                    }
                if attributes.kind == .folder { folders.append((path + [listed.name], attributes.node)) }
                all[path + [listed.name]] = Shown(
                    kind: NodeKind(attributes.kind), size: attributes.size, mode: attributes.mode,
                    owner: attributes.owner, group: attributes.group, modified: attributes.modified, bytes: bytes)
                looked.append(attributes.node)
            }
        }
        return all
    }

    func compare(_ tree: [Path: Shown], _ what: String, isElsewhere: Bool) throws {
        let expected = model.all
        for (path, name) in tree {
            guard let node = expected[path] else { throw Wrong(description: "\(what), \(shown(path)) should not be") }
            try compare(name, with: node, "\(what), \(shown(path))")
            guard node.kind == .folder || name.bytes == node.bytes else {
                throw Wrong(description: "\(what), \(shown(path)) has other bytes")
            }
        }
        for (path, node) in expected where tree[path] == nil {
            // Of a folder without an object others know only while something is in it.
            let isKnownHereOnly = isElsewhere && node.kind == .folder && Self.mayBeUnknown(node)
            guard isKnownHereOnly else { throw Wrong(description: "\(what), \(shown(path)) is missing") }
        }
    }

    static func mayBeUnknown(_ node: FileModel.Node) -> Bool {
        node.kind == .folder && node.hasObject != true && node.children.values.allSatisfy(mayBeUnknown)
    }

    func compare(_ found: Shown, with node: FileModel.Node, _ what: String) throws {
        guard found.kind == node.kind else { throw Wrong(description: "\(what) is \(found.kind), not \(node.kind)") }
        // What a folder's object says is known only once that was asked for by itself.
        guard node.kind != .folder else { return }
        guard found.size == node.size, node.kind == .link || found.mode == node.mode, found.owner == node.owner,
            found.group == node.group, node.modified == nil || found.modified == node.modified
        else {
            throw Wrong(
                description: """
                    \(what) is \(found.kind) of \(found.size), \(String(found.mode, radix: 8)), \(found.owner):\(found.group), \
                    \(found.modified), not \(node.kind) of \(node.size), \(String(node.mode, radix: 8)), \
                    \(node.owner):\(node.group), \(String(describing: node.modified))
                    """)
        }
    }

    func compare(_ found: NodeAttributes, with node: FileModel.Node, _ what: String) throws {
        try compare(
            Shown(
                kind: NodeKind(found.kind), size: found.size, mode: found.mode, owner: found.owner, group: found.group,
                modified: found.modified, bytes: []), with: node, what)
    }
}

extension NodeKind {
    init(_ kind: FileEntry.Kind) {
        self =
            switch kind {
            case .folder: .folder
            case .link: .link
            default: .file
            }
    }
}

import Glibc
import MountFS
import ObjectStore
import Platform

@testable import MountFS

/// A tree of files as POSIX has it, in memory: what a mount that is written to has to be, and what has to be in its bucket
/// in the end.
final class FileModel {
    final class Node {
        let kind: NodeKind
        var mode: UInt32
        var owner: UInt32
        var group: UInt32
        /// Set by a program, and nothing was written since.
        var modified: FileTime?
        var attributes: [String: String] = [:]
        /// Of a file what is read now; of a link its target.
        var bytes: [UInt8] = []
        /// What was found whole last: what is left when a writer dies. Nothing: the file was never whole.
        var whole: [UInt8]?
        /// Something was changed since it was found whole.
        var isDirty = false
        /// Nobody can say what of it is whole: two have written to it at the same time.
        var isMixed = false
        var children: [[UInt8]: Node] = [:]
        /// Whether the bucket has an object for the folder; nothing: it may.
        var hasObject: Bool? = true
        var writers = 0
        var readers = 0
        /// It has a name.
        var isLinked = true

        init(_ kind: NodeKind, mode: UInt32, owner: UInt32, group: UInt32) {
            self.kind = kind
            self.mode = mode
            self.owner = owner
            self.group = group
        }

        var isOpen: Bool { writers + readers > 0 }
        var size: Int { bytes.count }

        func write(_ new: [UInt8], at offset: Int) {
            guard !new.isEmpty else { return }
            if offset + new.count > bytes.count { resize(to: offset + new.count) }
            bytes.replaceSubrange(offset..<offset + new.count, with: new)
            touch()
        }

        func resize(to size: Int) {
            if size < bytes.count {
                bytes.removeLast(bytes.count - size)
            } else {
                bytes += [UInt8](repeating: 0, count: size - bytes.count)
            }
            touch()
        }

        func clear(_ range: Range<Int>) {
            for index in range.clamped(to: 0..<bytes.count) { bytes[index] = 0 }
            touch()
        }

        private func touch() {
            isDirty = true
            modified = nil
        }

        func becomeWhole() {
            whole = bytes
            isDirty = false
            isMixed = false
        }
    }

    let root: Node

    /// What a bucket's objects are. No object hides another.
    init(_ objects: [ObjectKey: MemoryBucket.Object]) {
        root = Node(.folder, mode: 0o755, owner: 0, group: 0)
        for (key, object) in objects.sorted(by: { $0.key < $1.key }) {
            var names = key.bytes.split(separator: UInt8(ascii: "/")).map(Array.init)
            let last = key.endsInSlash ? nil : names.popLast()
            let folder = names.reduce(root) { folder, name in
                if let found = folder.children[name] { return found }
                let new = Node(.folder, mode: 0o755, owner: 0, group: 0)
                new.hasObject = false
                folder.children[name] = new
                return new
            }
            let details = ObjectDetails(
                ObjectInfo(
                    key: key, size: object.bytes.count, modified: object.modified, version: object.version,
                    metadata: object.metadata))
            let node =
                last == nil ? folder : Node(details.kind == .link ? .link : .file, mode: 0o644, owner: 0, group: 0)
            if last == nil { node.hasObject = true }
            node.mode = node.kind == .link ? 0o777 : details.mode ?? node.mode
            node.owner = details.owner ?? node.owner
            node.group = details.group ?? node.group
            for other in details.others { node.attributes[other.name] = other.value }
            if node.kind != .folder {
                node.bytes = object.bytes
                node.whole = object.bytes
            }
            if let last { folder.children[last] = node }
        }
    }

    func find(_ path: [[UInt8]]) -> Node? {
        path.reduce(root as Node?) { node, name in node?.children[name] }
    }

    /// All nodes with names, by path.
    var all: [[[UInt8]]: Node] {
        var all: [[[UInt8]]: Node] = [:]
        func add(_ node: Node, _ path: [[UInt8]]) {
            for (name, child) in node.children {
                all[path + [name]] = child
                add(child, path + [name])
            }
        }
        add(root, [])
        return all
    }

    // MARK: Names. The callers have seen to it that these are possible.

    func unlink(_ name: [UInt8], in folder: Node) {
        folder.children.removeValue(forKey: name)?.isLinked = false
    }

    func move(_ name: [UInt8], in folder: Node, to newName: [UInt8], in newFolder: Node) {
        let node = folder.children.removeValue(forKey: name)!
        unlink(newName, in: newFolder)
        newFolder.children[newName] = node
        if node.kind == .folder { forgetObjects(node) }
    }

    /// A folder without an object may get one with its new name.
    private func forgetObjects(_ folder: Node) {
        if folder.hasObject == false { folder.hasObject = nil }
        for child in folder.children.values where child.kind == .folder { forgetObjects(child) }
    }

    // MARK: The bucket

    /// Where a bucket is not what this tree makes of it, readable; empty when it is. Nothing is open.
    func differences(from objects: [ObjectKey: MemoryBucket.Object]) -> [String] {
        var differences: [String] = []
        var left = Set(objects.keys)
        for (path, node) in all {
            let key = ObjectKey(
                Array(path.joined(separator: [UInt8(ascii: "/")])) + (node.kind == .folder ? [0x2F] : []))
            left.remove(key)
            guard let object = objects[key] else {
                if node.kind != .folder || node.hasObject == true { differences.append("\(key.shown) is missing") }
                continue
            }
            if node.kind == .folder, node.hasObject == false { differences.append("\(key.shown) became an object") }
            if object.bytes != (node.kind == .folder ? [] : node.bytes) {
                differences.append("\(key.shown) has \(object.bytes.count) bytes, not \(node.bytes.count), or others")
            }
            let details = ObjectDetails(
                ObjectInfo(
                    key: key, size: 0, modified: object.modified, version: object.version, metadata: object.metadata))
            if (details.kind == .link) != (node.kind == .link) { differences.append("\(key.shown) is another kind") }
            let mode = details.mode ?? (node.kind == .folder ? 0o755 : 0o644)
            if node.kind != .link, mode != node.mode {
                differences.append(
                    "\(key.shown) has mode \(String(mode, radix: 8)), not \(String(node.mode, radix: 8))")
            }
            if (details.owner ?? 0, details.group ?? 0) != (node.owner, node.group) {
                differences.append("\(key.shown) is \(details.owner ?? 0)'s, not \(node.owner)'s, or the groups differ")
            }
            let others = Dictionary(uniqueKeysWithValues: details.others)
            if others != node.attributes { differences.append("\(key.shown) has \(others), not \(node.attributes)") }
            if let modified = node.modified, details.modified != modified.nanoseconds + modified.seconds * 1_000_000_000
            {
                differences.append("\(key.shown) is of \(details.modified ?? 0), not \(modified)")
            }
        }
        return differences.sorted() + left.sorted().map { "\($0.shown) should not be there" }
    }
}

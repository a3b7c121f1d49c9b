import Glibc
import ObjectStore
import Platform
import TestSupport

@testable import MountFS

/// Operations on folders, links and names.
extension WritingRun {
    static func newFolder(_ program: TestProgram, _ mode: UInt32) -> FileModel.Node {
        FileModel.Node(.folder, mode: mode, owner: program.caller.user, group: program.caller.group)
    }

    /// Nothing when the folder above is not one.
    mutating func place(_ path: Path) async throws -> FileModel.Node? {
        guard try await resolve(path.dropLast()) != nil else { return nil }
        let folder = model.find(path.dropLast())
        return folder?.kind == .folder ? folder : nil
    }

    mutating func makeFolder() async throws {
        let path = anyPath()
        let program = programs.randomElement(using: &random)!
        let mode: UInt32 = [0o755, 0o755, 0o700].randomElement(using: &random)!
        last = "make folder \(shown(path))"
        guard let folder = try await place(path) else { return }
        guard folder.children[path.last!] == nil else { return }
        try await program.makeFolder(path, mode: mode)
        folder.children[path.last!] = Self.newFolder(program, mode)
    }

    mutating func removeFolder() async throws {
        guard let path = Bool.random(using: &random) ? anyPath(.folder) : anyPath(),
            let folder = try await place(path)
        else { return }
        last = "remove folder \(shown(path))"
        let program = programs[0]
        let remove = { () async throws(SystemError) in try await program.removeFolder(path) }
        guard let node = folder.children[path.last!], node.kind == .folder else { return }
        guard node.children.isEmpty else { return _ = try await expect(ENOTEMPTY, doing: remove) }
        try await remove()
        model.unlink(path.last!, in: folder)
    }

    mutating func makeLink() async throws {
        let path = anyPath()
        last = "make link \(shown(path))"
        guard let folder = try await place(path) else { return }
        let program = programs.randomElement(using: &random)!
        let target = ["a", "../b/c", "/somewhere", "é"].randomElement(using: &random)!
        guard folder.children[path.last!] == nil else { return }
        try await program.makeLink(path, to: target)
        let node = FileModel.Node(.link, mode: 0o777, owner: program.caller.user, group: program.caller.group)
        node.bytes = Array(target.utf8)
        node.whole = node.bytes
        folder.children[path.last!] = node
        guard try await program.target(path) == target else { throw Wrong(description: "another target") }
    }

    mutating func remove() async throws {
        let path = anyPath()
        last = "remove \(shown(path))"
        guard let folder = try await place(path) else { return }
        let program = programs[0]
        guard let node = folder.children[path.last!], node.kind != .folder else { return }
        try await program.remove(path)
        model.unlink(path.last!, in: folder)
    }

    private static func isBeingWritten(_ node: FileModel.Node) -> Bool { node.isDirty || node.writers > 0 }

    private func isExchanged(
        mayBeRefused: Bool, _ exchange: () async throws(SystemError) -> Void
    ) async throws -> Bool {
        do throws(SystemError) {
            try await exchange()
            return true
        } catch {
            guard mayBeRefused, error.code == EBUSY else { throw error }
            return false
        }
    }

    mutating func rename() async throws {
        let (old, new) = (anyPath(), anyPath())
        let replacing: Replacing = [.allowed, .allowed, .allowed, .forbidden, .required].randomElement(using: &random)!
        last = "rename \(shown(old)) to \(shown(new)), \(replacing)"
        // Into itself: the kernel sees that.
        guard !new.starts(with: old), !old.starts(with: new), let folder = try await place(old),
            let newFolder = try await place(new)
        else { return }
        let program = programs[0]
        let rename = { () async throws(SystemError) in try await program.rename(old, to: new, replacing) }
        guard let node = folder.children[old.last!] else { return }
        let there = newFolder.children[new.last!]
        switch replacing {
        case .required:
            guard let there else { return _ = try await expect(ENOENT, doing: rename) }
            guard node.kind != .folder, there.kind != .folder else {
                return _ = try await expect(EINVAL, doing: rename)
            }
            // Of two that are both being written nobody knows which object is whose.
            let mayBeRefused = Self.isBeingWritten(node) && Self.isBeingWritten(there)
            guard try await isExchanged(mayBeRefused: mayBeRefused, rename) else { return }
            folder.children[old.last!] = there
            newFolder.children[new.last!] = node
            return
        case .forbidden where there != nil: return
        default: break
        }
        if let there {
            guard (there.kind == .folder) == (node.kind == .folder) else { return }
            guard there.children.isEmpty else { return _ = try await expect(ENOTEMPTY, EEXIST, doing: rename) }
        }
        try await rename()
        model.move(old.last!, in: folder, to: new.last!, in: newFolder)
        // Should its writer die, what it was renamed over may show again, or nothing.
        if there != nil, node.kind == .file, node.whole == nil { node.isMixed = true }
    }

    mutating func refused() async throws {
        guard let file = anyPath(.file) else { return }
        let path = anyFolder() + [Array("new".utf8)]
        let program = programs[0]
        last = "refused things at \(shown(path))"
        _ = try await expect(EPERM) { () async throws(SystemError) in try await program.makeSecondName(path, of: file) }
        _ = try await expect(EPERM) { () async throws(SystemError) in
            try await program.makeNode(path, mode: S_IFIFO | 0o644)
        }
        _ = try await expect(EOPNOTSUPP) { () async throws(SystemError) in
            try await program.setAttribute("trusted.x", [1], of: file)
        }
        _ = try await resolve(path)
    }
}

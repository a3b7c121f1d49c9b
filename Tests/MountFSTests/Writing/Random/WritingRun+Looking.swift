import Glibc
import ObjectStore
import Platform
import TestSupport

@testable import MountFS

/// Operations that only look.
extension WritingRun {
    mutating func lookUp() async throws {
        let path = anyPath()
        last = "look up \(shown(path))"
        _ = try await resolve(path)
    }

    mutating func getAttributes() async throws {
        guard let (number, one) = anyHeld() else { return }
        last = "attributes of \(number.number)"
        guard one.node.isLinked || one.node.isOpen else {
            // The kernel does not ask, or hears that it is gone.
            return
        }
        try compare(try await mount.attributes(of: number), with: one.node, "node \(number.number)")
    }

    /// Names are made and removed while the folder is read: what is there all the time is listed once, and what never is, never.
    mutating func list() async throws {
        let path = anyFolder()
        last = "list \(shown(path))"
        guard let number = try await resolve(path), let node = model.find(path) else { return }
        let handle = try await mount.openFolder(number)
        defer { mount.files.releaseFolder(number, handle) }
        let before = Set(node.children.keys)
        var always = before
        var ever = before
        var listed: [TestPage.Name] = []
        var events = ["\(before.map { shown([$0]) }.sorted())"]
        while true {
            let page = try await mount.readFolder(
                number, handle, after: listed.last?.position ?? 0, room: Int.random(in: 1...6, using: &random))
            if page.isEmpty { break }
            listed += page
            guard listed.count < 1000 else { throw Wrong(description: "there is no end") }
            guard Int.random(in: 0..<4, using: &random) == 0 else { continue }
            if Bool.random(using: &random) {
                let name = Self.names.randomElement(using: &random)!
                guard node.children[name] == nil else { continue }
                last = "make folder \(shown(path + [name])) while its folder is read"
                try await programs[0].makeFolder(path + [name])
                node.children[name] = Self.newFolder(programs[0], 0o755)
            } else if let name = node.children.filter({ $0.value.kind == .link }).keys.sorted(by: {
                $0.lexicographicallyPrecedes($1)
            }).first {
                last = "remove \(shown(path + [name])) while its folder is read"
                try await programs[0].remove(path + [name])
                model.unlink(name, in: node)
            }
            events.append("after \(listed.count) there are \(node.children.keys.map { shown([$0]) }.sorted())")
            always.formIntersection(node.children.keys)
            ever.formUnion(node.children.keys)
        }
        guard listed.prefix(2).map(\.text) == [".", ".."] else { throw Wrong(description: "no dots") }
        let names = listed.dropFirst(2).map(\.name)
        guard Set(names).count == names.count else { throw Wrong(description: "a name twice: \(listed.map(\.text))") }
        for name in names where !ever.contains(name) { throw Wrong(description: "\(shown([name])) never was") }
        for name in always where !names.contains(name) {
            throw Wrong(description: "\(shown([name])) is missing: \(names.map { shown([$0]) }), \(events)")
        }
        for name in listed.dropFirst(2) {
            guard let kind = node.children[name.name]?.kind else { continue }
            // Of a link that somebody else has made a listing does not tell that it is one.
            guard NodeKind(name.entry.attributes.kind) == kind || kind == .link else {
                throw Wrong(description: "\(name.text) is listed as \(name.entry.attributes.kind)")
            }
        }
        // Positions hold, also backwards: nothing that stood behind one is left out. Pages that are listed again may begin at
        // other names.
        guard ever == before, always == before, let from = listed.indices.randomElement(using: &random) else { return }
        // An answer may be short, but the last.
        var again: [TestPage.Name] = []
        while true {
            let page = try await mount.readFolder(number, handle, after: (again.last ?? listed[from]).position)
            if page.isEmpty { break }
            again += page
        }
        let behind = Set(again.map(\.name))
        guard behind.count == again.count, behind.isSuperset(of: listed[(from + 1)...].map(\.name)),
            behind.isSubset(of: listed.map(\.name))
        else {
            throw Wrong(description: "behind \(listed[from].text) of \(listed.map(\.text)) come \(again.map(\.text))")
        }
    }
}

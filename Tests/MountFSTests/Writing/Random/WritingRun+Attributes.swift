import Glibc
import ObjectStore
import Platform
import TestSupport

@testable import MountFS

/// Operations on what is said about files.
extension WritingRun {
    mutating func changeAttributes() async throws {
        let path = anyPath()
        last = "change \(shown(path))"
        guard let number = try await resolve(path), let node = model.find(path), node.kind != .link else { return }
        var changes = AttributeChanges()
        if Bool.random(using: &random) { changes.mode = [0o644, 0o600, 0o755, 0o444].randomElement(using: &random)! }
        if Int.random(in: 0..<3, using: &random) == 0 {
            changes.owner = [0, 7, 1000].randomElement(using: &random)!
            changes.group = [0, 8].randomElement(using: &random)!
        }
        if Bool.random(using: &random) {
            changes.modified = .at(
                FileTime(
                    seconds: Int.random(in: 0...2_000_000_000, using: &random),
                    nanoseconds: Int.random(in: 0..<1_000_000_000, using: &random)))
        }
        let final = changes
        let found = try await programs[0].change(number) { $0 = final }
        node.mode = changes.mode ?? node.mode
        node.owner = changes.owner ?? node.owner
        node.group = changes.group ?? node.group
        if case .at(let time)? = changes.modified { node.modified = time }
        if node.hasObject == false { node.hasObject = nil }
        try compare(found, with: node, "the answer for \(shown(path))")
    }

    mutating func changeExtendedAttributes() async throws {
        guard let path = anyPath(.file) else { return }
        last = "attribute of \(shown(path))"
        guard try await resolve(path) != nil, let node = model.find(path) else { return }
        let program = programs[0]
        let name = ["colour", "x-1", "a.b"].randomElement(using: &random)!
        if Bool.random(using: &random) {
            let value = ["x", "blue", "two words"].randomElement(using: &random)!
            let replacing: Replacing = [.allowed, .forbidden, .required].randomElement(using: &random)!
            let set = { () async throws(SystemError) in
                try await program.setAttribute("user.\(name)", Array(value.utf8), of: path, replacing)
            }
            if case .forbidden = replacing, node.attributes[name] != nil {
                return _ = try await expect(EEXIST, doing: set)
            }
            if case .required = replacing, node.attributes[name] == nil {
                return _ = try await expect(ENODATA, doing: set)
            }
            try await set()
            node.attributes[name] = value
        } else {
            let remove = { () async throws(SystemError) in try await program.removeAttribute("user.\(name)", of: path) }
            guard node.attributes[name] != nil else { return _ = try await expect(ENODATA, doing: remove) }
            try await remove()
            node.attributes[name] = nil
        }
        guard try await program.attributeNames(of: path) == node.attributes.keys.map({ "user.\($0)" }).sorted() else {
            throw Wrong(description: "\(try await program.attributeNames(of: path)) are not \(node.attributes)")
        }
    }
}

import Glibc
import ObjectStore
import Platform
import TestSupport

@testable import MountFS

/// Names, and how the kernel comes from them to nodes.
extension WritingRun {
    mutating func anyPath() -> Path {
        // Those that are there, and few others, so that they meet.
        if Bool.random(using: &random), let path = model.all.keys.sorted(by: precedes).randomElement(using: &random) {
            return path
        }
        return anyFolder() + [Self.names.randomElement(using: &random)!]
    }

    mutating func anyFolder() -> Path {
        let folders = model.all.filter { $0.value.kind == .folder }.keys.sorted(by: precedes) + [[]]
        return folders.randomElement(using: &random)!
    }

    mutating func anyPath(_ kind: NodeKind) -> Path? {
        model.all.filter { $0.value.kind == kind }.keys.sorted(by: precedes).randomElement(using: &random)
    }

    func precedes(_ left: Path, _ right: Path) -> Bool {
        left.joined(separator: [0]).lexicographicallyPrecedes(right.joined(separator: [0]))
    }

    func shown(_ path: Path) -> String { ObjectKey(Array(path.joined(separator: [0x2F]))).shown }

    /// Looks up name after name, as the kernel does, and holds what is found.
    mutating func resolve(_ path: Path) async throws -> NodeID? {
        var at = NodeID.root
        for index in path.indices {
            let expected = model.find(Array(path[...index]))
            let entry = try await mount.lookUp(path[index], in: at)
            guard let entry else {
                guard expected == nil else { throw Wrong(description: "\(shown(Array(path[...index]))) is not there") }
                return nil
            }
            guard let expected else { throw Wrong(description: "\(shown(Array(path[...index]))) is there") }
            try hold(entry, expected, shown(Array(path[...index])))
            at = entry.attributes.node
        }
        return at
    }

    mutating func hold(_ entry: Entry, _ node: FileModel.Node, _ what: String) throws {
        try compare(entry.attributes, with: node, what)
        let number = entry.attributes.node
        if let held = held[number] {
            guard held.node === node || !held.node.isOpen else {
                throw Wrong(description: "\(what) has the number of another file that is open")
            }
        }
        guard held.allSatisfy({ $0.value.node !== node || $0.key == number || !node.isOpen }) else {
            throw Wrong(description: "\(what) has another number than before, and is open")
        }
        let count = held[number].map { $0.node === node ? $0.count : 0 } ?? 0
        if let held = held[number], held.node !== node { mount.files.forget(number, count: held.count) }
        held[number] = Held(node: node, count: count + 1)
    }

    /// Does it, and expects this error, or none.
    func expect<Answer>(
        _ codes: Int32..., doing call: () async throws(SystemError) -> Answer
    ) async throws -> Answer? {
        do throws(SystemError) {
            let answer = try await call()
            guard codes.isEmpty else { throw SystemError(code: 0) }
            return answer
        } catch {
            guard error.code != 0 else {
                throw Wrong(description: "it was done, and should be \(codes.map(Self.text))")
            }
            guard codes.contains(error.code) else {
                throw Wrong(description: "it is \(Self.text(error.code)), not \(codes.map(Self.text))")
            }
            return nil
        }
    }

    static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

    mutating func anyHeld() -> (NodeID, Held)? {
        held.sorted { $0.key.number < $1.key.number }.randomElement(using: &random).map { ($0.key, $0.value) }
    }

    mutating func forgetOne() {
        last = "forget"
        // The kernel holds what is open.
        guard let (number, one) = anyHeld(), !one.node.isOpen else { return }
        let count = UInt64.random(in: 1...one.count, using: &random)
        mount.files.forget(number, count: count)
        held[number] = count == one.count ? nil : Held(node: one.node, count: one.count - count)
    }
}

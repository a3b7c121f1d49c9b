import CShims
import Glibc
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

struct NodeTableTests {
    private static func memory(isFresh: Bool = true) throws -> KeptMemory {
        let file = OwnedDescriptor(owning: try SystemError.check { shim_memory_file("test") })
        return KeptMemory(SharedDescriptor(file), start: 0, isFresh: isFresh)
    }

    @Test func namesOfEveryLengthAreFound() throws {
        let kept = try Self.memory()
        var nodes = try NodeTable(NodeMemory(kept), rootKind: .folder)
        let names = (1...255).map { length in (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ length) } }
        let places = try names.map { try nodes.node($0, of: NodeTable.root, .file) }
        for (name, place) in zip(names, places) {
            #expect(nodes.name(of: place) == name)
            #expect(name.withUnsafeBytes { nodes.child($0, of: NodeTable.root) } == place)
            nodes.hold(place)
        }
        // The next session finds them as they are.
        let again = try NodeTable(NodeMemory(kept), rootKind: .folder)
        for (name, place) in zip(names, places) {
            #expect(again.name(of: place) == name && again.id(place) == nodes.id(place))
            #expect(name.withUnsafeBytes { again.child($0, of: NodeTable.root) } == place)
        }
        #expect(again.count == 256)
    }

    @Test func aNumberNeverComesAgain() throws {
        var nodes = try NodeTable(NodeMemory(Self.memory()), rootKind: .folder)
        var numbers: Set<UInt64> = [1]
        for round in 0..<100 {
            let places = try (0..<10).map { try nodes.node(Array("\(round)-\($0)".utf8), of: NodeTable.root, .file) }
            for place in places {
                #expect(numbers.insert(nodes.id(place).number).inserted)
                nodes.hold(place)
            }
            for place in places { nodes.forget(place, count: 1) }
            #expect(nodes.count == 1)
        }
    }

    /// Of millions of files that were all opened, or that all have attributes of their own, what is known is not kept.
    @Test func whatIsKnownHasABound() throws {
        var nodes = try NodeTable(NodeMemory(Self.memory()), rootKind: .folder)
        for number in 0..<300_000 {
            let place = try nodes.node(Array("\(number)".utf8), of: NodeTable.root, .file)
            nodes.hold(place)
            nodes.forgetFacts(askedBefore: 0)
            var facts = NodeFacts(asked: number / 1000)
            facts.cached = ObjectVersion("v")
            nodes[facts: place] = facts
            #expect(nodes[facts: place] != nil)
        }
        #expect((1...NodeTable.mostFacts).contains(nodes.factCount))
    }

    @Test func aFolderStaysForWhatIsInIt() throws {
        var nodes = try NodeTable(NodeMemory(Self.memory()), rootKind: .folder)
        let folder = try nodes.node(Array("d".utf8), of: NodeTable.root, .folder)
        nodes.hold(folder)
        let file = try nodes.node(Array("f".utf8), of: folder, .file)
        nodes.hold(file)
        let id = nodes.id(folder)
        nodes.forget(folder, count: 1)
        #expect(nodes.place(id) == folder && nodes.count == 3)
        nodes.forget(file, count: 5)
        #expect(nodes.place(id) == nil && nodes.count == 1)
    }

    @Test func whatNobodyHeldGoesWithTheCrash() throws {
        let kept = try Self.memory()
        var nodes = try NodeTable(NodeMemory(kept), rootKind: .folder)
        let folder = try nodes.node(Array("d".utf8), of: NodeTable.root, .folder)
        let long = [UInt8](repeating: 0x61, count: 200)
        _ = try nodes.node(long, of: folder, .file)
        let held = try nodes.node(Array("held".utf8), of: folder, .file)
        nodes.hold(held)
        nodes.detach(try nodes.node(Array("gone".utf8), of: folder, .file))
        let id = nodes.id(held)
        var again = try NodeTable(NodeMemory(kept), rootKind: .folder)
        #expect(again.count == 3 && again.place(id) == held && again.parent(held) == folder)
        again.forget(held, count: 1)
        #expect(again.count == 1)
        // All places are free again.
        for index in 0..<8 { _ = try again.node([UInt8(index + 1)], of: NodeTable.root, .file) }
        #expect(again.count == 9)
    }

    @Test func manyNodesTakeLittle() throws {
        let kept = try Self.memory()
        var nodes = try NodeTable(NodeMemory(kept), rootKind: .folder)
        for number in 0..<100_000 {
            let place = try nodes.node(Array("file-\(number)".utf8), of: NodeTable.root, .file)
            nodes.hold(place)
        }
        #expect(try kept.file.file.entry().size <= 10 << 20)
        #expect(Array("file-77777".utf8).withUnsafeBytes { nodes.child($0, of: NodeTable.root) } != nil)
    }

    /// Against a dictionary, with random names and folders, and a crash now and then.
    @Test(arguments: 0..<50 as Range<UInt64>) func behavesLikeADictionary(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let kept = try Self.memory()
        var nodes = try NodeTable(NodeMemory(kept), rootKind: .folder)
        var held: [NodeID: (parent: NodeID, name: [UInt8], count: UInt64)] = [:]
        for _ in 0..<300 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let parent = held.keys.sorted { $0.number < $1.number }.randomElement(using: &random) ?? .root
                let length = [1, 40, 90].randomElement(using: &random)!
                let name = [UInt8](repeating: UInt8.random(in: 1...3, using: &random), count: length)
                guard let folder = nodes.place(parent) else { break }
                let place = try nodes.node(name, of: folder, .folder)
                nodes.hold(place)
                held[nodes.id(place), default: (parent, name, 0)].count += 1
            case 6..<9:
                guard let id = held.keys.sorted(by: { $0.number < $1.number }).randomElement(using: &random) else {
                    break
                }
                let count = UInt64.random(in: 1...held[id]!.count, using: &random)
                if let place = nodes.place(id) { nodes.forget(place, count: count) }
                held[id]!.count -= count
                if held[id]!.count == 0 { held[id] = nil }
            default: nodes = try NodeTable(NodeMemory(kept), rootKind: .folder)
            }
            for (id, node) in held {
                guard let place = nodes.place(id), let parent = nodes.place(node.parent) else {
                    Issue.record("seed \(seed): a number is lost")
                    return
                }
                #expect(nodes.name(of: place) == node.name, "seed \(seed)")
                #expect(node.name.withUnsafeBytes { nodes.child($0, of: parent) } == place, "seed \(seed)")
            }
        }
        for (id, node) in held { if let place = nodes.place(id) { nodes.forget(place, count: node.count) } }
        #expect(nodes.count == 1, "seed \(seed)")
    }
}

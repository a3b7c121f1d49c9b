import Glibc
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

/// A mounted folder of this machine is that folder.
struct LocalFolderTests {
    private struct Name: Equatable {
        var kind: FileEntry.Kind
        var mode: UInt32?
        var content: [UInt8]?
        var names: [[UInt8]: Name] = [:]
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func treesAreShownAsTheyAre(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let made = try make(Array(folder.path.utf8), depth: 3, &random)
        let store = try await FileStore.open(RawPath(folder.path), isDurable: false)
        let mount = try TestMount(store)
        let isDetailed = Bool.random(using: &random)
        #expect(try await shown(.root, mount, isDetailed) == made, "seed \(seed)")
    }

    private func make(
        _ path: [UInt8], depth: Int, _ random: inout SeededGenerator
    ) throws -> [[UInt8]: Name] {
        var names: [[UInt8]: Name] = [:]
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            let length = [1, 2, 30, 255].randomElement(using: &random)!
            let name = (0..<length).map { _ in
                // All that Linux allows.
                var byte: UInt8 = 0
                while byte == 0 || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") {
                    byte = UInt8.random(in: 1...255, using: &random)
                }
                return byte
            }
            guard names[name] == nil else { continue }
            let child = path + [UInt8(ascii: "/")] + name
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where depth > 0 && child.count < 2000:
                try Files.makeFolder(child)
                names[name] = Name(kind: .folder, names: try make(child, depth: depth - 1, &random))
            case 1:
                try Files.makeLink(child, to: name + name.prefix(5))
                names[name] = Name(kind: .link, content: name + name.prefix(5))
            default:
                let content = [UInt8](repeating: 9, count: Int.random(in: 0...100, using: &random))
                let mode = UInt32.random(in: 0...0o777, using: &random)
                try Files.write(content, to: child, mode: mode)
                names[name] = Name(kind: .file, mode: mode, content: content)
            }
        }
        return names
    }

    private func shown(
        _ node: NodeID, _ mount: TestMount, _ isDetailed: Bool
    ) async throws -> [[UInt8]: Name] {
        var names: [[UInt8]: Name] = [:]
        for listed in try await mount.list(node, room: 3, isDetailed: isDetailed) {
            let found = isDetailed ? listed.entry : try await mount.lookUp(listed.name, in: node)
            let attributes = try #require(found).attributes
            #expect(attributes.kind == listed.entry.attributes.kind)
            var name = Name(kind: attributes.kind)
            switch attributes.kind {
            case .folder: name.names = try await shown(attributes.node, mount, isDetailed)
            case .link: name.content = try await answer { mount.files.target(ofLink: attributes.node, $0) }
            default:
                name.mode = attributes.mode
                name.content = try await mount.read(attributes.node)
            }
            names[listed.name] = name
        }
        return names
    }
}

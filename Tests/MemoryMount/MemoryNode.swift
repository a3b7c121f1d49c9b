import Platform

/// A file, folder or link of the tree. Its number is its place in the list; 0 is nobody, 1 the root.
struct MemoryNode: Sendable {
    enum Content: Sendable {
        case folder
        case link([UInt8])
        case bytes([UInt8])
        /// Of the pattern's bytes; direct: past the kernel's cache.
        case pattern(isDirect: Bool)
        /// The same, answered late.
        case stalled
        /// Forgotten: a mistake of a file system's.
        case broken
    }

    var content: Content
    var size = 0
    var children: [[UInt8]: Int] = [:]
    var names: [[UInt8]] = []
    var hasAttributes = false

    var kind: FileEntry.Kind {
        switch content {
        case .folder: .folder
        case .link: .link
        default: .file
        }
    }

    static func tree(_ settings: MemoryTree.Settings, session: Int) -> [MemoryNode] {
        var nodes = [MemoryNode(content: .folder), MemoryNode(content: .folder)]
        func add(_ name: some Sequence<UInt8>, to folder: Int, _ node: MemoryNode) -> Int {
            let name = Array(name)
            nodes.append(node)
            nodes[folder].children[name] = nodes.count - 1
            nodes[folder].names.append(name)
            return nodes.count - 1
        }
        func file(_ bytes: [UInt8]) -> MemoryNode { MemoryNode(content: .bytes(bytes), size: bytes.count) }

        if settings.isFile { return [nodes[0], file(Array("a file\n".utf8))] }
        let hello = add("hello".utf8, to: 1, file(Array("hello\n".utf8)))
        nodes[hello].hasAttributes = true
        _ = add("empty".utf8, to: 1, file([]))
        _ = add("session".utf8, to: 1, file(Array("\(session)\n".utf8)))
        _ = add("big".utf8, to: 1, MemoryNode(content: .pattern(isDirect: false), size: settings.bigSize))
        _ = add("direct".utf8, to: 1, MemoryNode(content: .pattern(isDirect: true), size: settings.bigSize))
        _ = add("stalled".utf8, to: 1, MemoryNode(content: .stalled, size: 1 << 20))
        _ = add("broken".utf8, to: 1, MemoryNode(content: .broken, size: 1 << 20))
        _ = add("link".utf8, to: 1, MemoryNode(content: .link(Array("hello".utf8)), size: 5))
        _ = add("dangling".utf8, to: 1, MemoryNode(content: .link(Array("nowhere".utf8)), size: 7))
        let deep = add("deep".utf8, to: 1, MemoryNode(content: .folder))
        let deeper = add("er".utf8, to: deep, MemoryNode(content: .folder))
        _ = add("file".utf8, to: deeper, file(Array("deep\n".utf8)))
        let odd = add("odd".utf8, to: 1, MemoryNode(content: .folder))
        _ = add([0xFF, 0x0A, 0x20], to: odd, file([1]))
        _ = add([UInt8](repeating: UInt8(ascii: "x"), count: 255), to: odd, file([2]))
        let many = add("many".utf8, to: 1, MemoryNode(content: .folder))
        for number in 0..<settings.entries {
            _ = add("file-\(number)".utf8, to: many, file(Array("\(number)\n".utf8)))
        }
        return nodes
    }
}

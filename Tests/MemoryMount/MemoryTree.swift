import Glibc
import MountFS
import Platform
import Synchronization

/// A small file system in memory, to mount for tests: everything in it is made up, and can be made up again elsewhere
/// to compare.
final class MemoryTree: FileSystem {
    struct Settings: Sendable {
        var bigSize = 256 << 20
        var entries = 20_000
        var stallMilliseconds = 3000
        var validity = TimeSpan(milliseconds: 1000)
        /// Whether there are extended attributes at all.
        var hasAttributes = true
        var crashesAtRoot = false
        /// The root is a file.
        var isFile = false

        /// From words such as `big=1048576`.
        init(_ text: String) {
            for word in text.split(separator: " ") {
                if word == "plain" { hasAttributes = false }
                if word == "file" { isFile = true }
                if word == "crash-at-root" { crashesAtRoot = true }
                let parts = word.split(separator: "=")
                guard parts.count == 2, let number = Int(parts[1]) else { continue }
                switch parts[0] {
                case "big": bigSize = number
                case "entries": entries = number
                case "stall": stallMilliseconds = number
                case "validity": validity = TimeSpan(milliseconds: number)
                default: break
                }
            }
        }
    }

    private let nodes: [MemoryNode]
    private let settings: Settings
    private let pattern = Pattern()
    private let stalled: StalledReads
    /// How often the kernel holds each node; for tests of counting.
    private let lookups = Mutex<[UInt64: Int]>([:])

    init(_ settings: Settings, session: Int) {
        self.settings = settings
        nodes = MemoryNode.tree(settings, session: session)
        stalled = StalledReads(milliseconds: settings.stallMilliseconds)
    }

    // MARK: Names and attributes

    func lookUp(_ name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Lookup>) {
        let name = Array(name)
        if name == Array("stalled-name".utf8) {
            stalled.add { reply.answer(.absent(validity: TimeSpan(milliseconds: 0))) }
            return
        }
        guard let node = node(folder).children[name] else {
            reply.answer(.absent(validity: settings.validity))
            return
        }
        count(node, 1)
        if !reply.answer(.found(entry(node))) { count(node, -1) }
    }

    func forget(_ node: NodeID, count: UInt64) { self.count(Int(node.number), -Int(count)) }

    func attributes(of node: NodeID, _ handle: HandleID?, _ reply: Reply<NodeAttributes>) {
        if settings.crashesAtRoot { raise(SIGKILL) }
        reply.answer(attributes(Int(node.number)))
    }

    func target(ofLink node: NodeID, _ reply: Reply<[UInt8]>) {
        guard case .link(let target) = self.node(node).content else { return _ = reply.fail(SystemError(code: EINVAL)) }
        reply.answer(target)
    }

    func room(_ reply: Reply<Room>) {
        reply.answer(Room(bytes: 1 << 50, freeBytes: 1 << 49, nodes: 1 << 30, freeNodes: 1 << 29))
    }

    // MARK: Files

    func open(_ node: NodeID, _ access: Access, by caller: Caller, _ reply: Reply<OpenFile>) {
        guard access.onlyReads else { return _ = reply.fail(.readOnly) }
        var caching = OpenFile.Caching.kept
        if case .pattern(let isDirect) = self.node(node).content, isDirect { caching = .none }
        if case .stalled = self.node(node).content { caching = .none }
        reply.answer(OpenFile(HandleID(0), caching))
    }

    func read(_ count: Int, at offset: Int, of node: NodeID, _ handle: HandleID, _ reply: Reply<FileBytes>) {
        let file = self.node(node)
        let range = min(offset, file.size)..<min(offset + count, file.size)
        switch file.content {
        case .bytes(let bytes):
            bytes.withUnsafeBytes { bytes in
                _ = reply.answer(.one(UnsafeRawBufferPointer(rebasing: bytes[range])))
            }
        case .pattern:
            reply.answer(.pieces(pattern.pieces(of: range)))
        case .stalled:
            stalled.add { [pattern] in reply.answer(.pieces(pattern.pieces(of: range))) }
        case .broken: break  // Nobody answers.
        case .folder, .link: reply.fail(SystemError(code: EISDIR))
        }
    }

    func release(_ node: NodeID, _ handle: HandleID) {}

    // MARK: Folders

    func openFolder(_ node: NodeID, _ reply: Reply<OpenFile>) { reply.answer(OpenFile(HandleID(0))) }

    func readFolder(
        _ node: NodeID, _ handle: HandleID, after position: UInt64, into page: any FolderPage, _ reply: Reply<Void>
    ) {
        let folder = self.node(node)
        let names = folder.names
        var added: [Int] = []
        for index in Int(position)..<(names.count + 2) {
            let name = index < 2 ? [UInt8](repeating: UInt8(ascii: "."), count: index + 1) : names[index - 2]
            let child = index < 2 ? Int(node.number) : folder.children[name]!
            let fits = name.withUnsafeBytes { page.add($0, entry(child), position: UInt64(index + 1)) }
            guard fits else { break }
            if index >= 2, page.isDetailed { added.append(child) }
        }
        lookups.withLock { lookups in for child in added { lookups[UInt64(child), default: 0] += 1 } }
        if !reply.answer(()) { added.forEach { count($0, -1) } }
    }

    func releaseFolder(_ node: NodeID, _ handle: HandleID) {}

    // MARK: Extended attributes

    func extendedAttribute(_ name: UnsafeRawBufferPointer, of node: NodeID, _ reply: Reply<[UInt8]>) {
        guard settings.hasAttributes else { return _ = reply.fail(.notThereAtAll) }
        switch (self.node(node).hasAttributes, String(decoding: name, as: UTF8.self)) {
        case (true, "user.colour"): reply.answer(Array("green".utf8))
        case (true, "user.long"): reply.answer([UInt8](repeating: 7, count: 40_000))
        default: reply.fail(.noSuchAttribute)
        }
    }

    func extendedAttributeNames(of node: NodeID, _ reply: Reply<[[UInt8]]>) {
        guard settings.hasAttributes else { return _ = reply.fail(.notThereAtAll) }
        reply.answer(self.node(node).hasAttributes ? [Array("user.colour".utf8), Array("user.long".utf8)] : [])
    }

    // MARK: Nodes

    private func node(_ id: NodeID) -> MemoryNode { nodes[Int(id.number)] }

    private func attributes(_ node: Int) -> NodeAttributes {
        let found = nodes[node]
        var attributes = NodeAttributes(
            NodeID(UInt64(node)), found.kind, mode: found.kind == .folder ? 0o755 : 0o644, size: found.size, owner: 0,
            group: 0, modified: FileTime(seconds: 1_700_000_000 + node, nanoseconds: 123_456_789),
            validity: settings.validity)
        if found.kind == .link { attributes.mode = 0o777 }
        return attributes
    }

    private func entry(_ node: Int) -> Entry { Entry(attributes(node), validity: settings.validity) }

    private func count(_ node: Int, _ change: Int) {
        lookups.withLock { $0[UInt64(node), default: 0] += change }
    }
}

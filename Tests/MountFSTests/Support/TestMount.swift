import CShims
import Glibc
import ObjectStore
import Platform
import Synchronization

@testable import MountFS

/// A bucket mounted for a test, with a clock that the test sets and a kernel that the test is.
final class TestMount: Sendable {
    let files: BucketFileSystem
    let memory: KeptMemory
    private let clock: Clock
    let settings: TreeSettings
    let lines: Lines
    /// Its folder stays as long as the mount does.
    private let staging: TestStaging?

    final class Clock: Sendable {
        private let milliseconds = Atomic(1_000_000)
        var now: Int { milliseconds.load(ordering: .relaxed) }
        func pass(_ count: Int) { milliseconds.add(count, ordering: .relaxed) }
    }

    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    /// Nothing may be written without a staging folder.
    convenience init(
        _ store: any ObjectStore, root: ObjectKey = "", staging: TestStaging? = nil,
        _ change: (inout TreeSettings) -> Void = { _ in }
    ) throws {
        let clock = Clock()
        let lines = Lines()
        var settings = TreeSettings(root: root, started: FileTime(seconds: 1_600_000_000, nanoseconds: 0))
        settings.now = { clock.now }
        settings.report = { line, _ in lines.add(line) }
        change(&settings)
        let file = SharedDescriptor(OwnedDescriptor(owning: try SystemError.check { shim_memory_file("test") }))
        try file.file.resize(to: 4096)
        try self.init(store, settings, KeptMemory(file, start: 4096, isFresh: true), staging, clock, lines)
    }

    private init(
        _ store: any ObjectStore, _ settings: TreeSettings, _ memory: KeptMemory, _ staging: TestStaging?,
        _ clock: Clock, _ lines: Lines
    ) throws {
        self.settings = settings
        self.memory = memory
        self.clock = clock
        self.lines = lines
        self.staging = staging
        let tree = try BucketTree(store, settings, memory)
        var reading = ReadingSettings()
        reading.onChanged = { [weak tree] key in tree?.forgetFacts(of: key) }
        files = try BucketFileSystem(
            tree, ObjectReading(store: store, memory: MemoryBudget(64 << 20), settings: reading, neighbours: tree),
            writing: staging?.writing(store) { line in lines.add(line) }, isFirst: memory.isFresh)
    }

    var tree: BucketTree { files.tree }

    /// The session after a crash of this one, which is not told.
    func successor(staging: TestStaging? = nil) throws -> TestMount { try successor(on: tree.calls.store, staging) }

    /// Over another way to the same bucket.
    func successor(on store: any ObjectStore, _ staging: TestStaging?) throws -> TestMount {
        try TestMount(
            store, settings, KeptMemory(memory.file, start: memory.start, isFresh: false), staging, clock, lines)
    }

    func pass(milliseconds: Int) { clock.pass(milliseconds) }
    var now: Int { clock.now }

    // MARK: What the kernel asks

    func lookUp(_ name: some Collection<UInt8>, in folder: NodeID = .root) async throws(SystemError) -> Entry? {
        let lookup = try await answer { reply in Array(name).withUnsafeBytes { files.lookUp($0, in: folder, reply) } }
        return switch lookup {
        case .found(let entry): entry
        case .absent: nil
        }
    }

    /// Name after name.
    func find(_ path: String) async throws(SystemError) -> Entry? {
        var entry: Entry?
        for name in path.split(separator: "/") {
            entry = try await lookUp(name.utf8, in: entry?.attributes.node ?? .root)
            if entry == nil { return nil }
        }
        return entry
    }

    func attributes(of node: NodeID, _ handle: HandleID? = nil) async throws(SystemError) -> NodeAttributes {
        try await answer { files.attributes(of: node, handle, $0) }
    }

    func openFolder(_ node: NodeID) async throws(SystemError) -> HandleID {
        try await answer { files.openFolder(node, $0) }.handle
    }

    func readFolder(
        _ node: NodeID, _ handle: HandleID, after position: UInt64, room: Int = 100, isDetailed: Bool = false
    ) async throws(SystemError) -> [TestPage.Name] {
        let page = TestPage(room: room, isDetailed: isDetailed)
        try await answer { files.readFolder(node, handle, after: position, into: page, $0) }
        return page.names
    }

    /// All names, without the dots.
    func list(
        _ node: NodeID = .root, room: Int = 100, isDetailed: Bool = false
    ) async throws(SystemError) -> [TestPage.Name] {
        let handle = try await openFolder(node)
        var names: [TestPage.Name] = []
        while true {
            let page = try await readFolder(
                node, handle, after: names.last?.position ?? 0, room: room, isDetailed: isDetailed)
            if page.isEmpty { break }
            names += page
        }
        files.releaseFolder(node, handle)
        return names.filter { ![".", ".."].contains($0.text) }
    }

    func texts(_ node: NodeID = .root) async throws(SystemError) -> [String] { try await list(node).map(\.text) }

    func read(_ node: NodeID) async throws(SystemError) -> [UInt8] {
        let open = try await answer { files.open(node, Access(flags: O_RDONLY), by: .test, $0) }
        defer { files.release(node, open.handle) }
        return try await read(node, open.handle, 1 << 20)
    }

    func read(_ node: NodeID, _ handle: HandleID, _ count: Int, at offset: Int = 0) async throws(SystemError) -> [UInt8]
    {
        try await answer { (reply: Reply<[UInt8]>) in
            files.read(
                count, at: offset, of: node, handle,
                reply.map { (bytes: FileBytes) throws(SystemError) -> [UInt8] in bytes.copy })
        }
    }
}

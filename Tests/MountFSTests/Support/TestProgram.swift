import Glibc
import MountFS
import Platform
import Synchronization

/// Names one after the other, or text with slashes between them.
protocol TestPath: Sendable {
    var testNames: [[UInt8]] { get }
}

extension String: TestPath {
    var testNames: [[UInt8]] { split(separator: "/").map { Array($0.utf8) } }
}

extension [[UInt8]]: TestPath {
    var testNames: [[UInt8]] { self }
}

/// A program on a mount, with what the kernel does for one: names are looked up one after the other, what is opened with a name
/// that is missing is made, appending goes to the end, closing flushes and releases.
final class TestProgram: Sendable {
    /// Something that the program has open.
    struct File: Sendable {
        let node: NodeID
        let handle: HandleID
        let access: Access
        fileprivate let wantsFlush: Bool
    }

    let mount: TestMount
    let caller: Caller
    /// Where it works.
    private let folder: NodeID

    init(_ mount: TestMount, process: Int32 = 100, user: UInt32 = 0, in folder: NodeID = .root) {
        self.mount = mount
        self.folder = folder
        caller = .process(process, user: user)
    }

    /// Another one, which stays in the folder whatever that is called.
    func working(in path: any TestPath) async throws(SystemError) -> TestProgram {
        TestProgram(mount, process: 300, in: try await node(path))
    }

    private var files: BucketFileSystem { mount.files }

    /// What the kernel holds for it.
    private let held = Mutex<[NodeID: UInt64]>([:])

    private func hold(_ node: NodeID) { held.withLock { $0[node, default: 0] += 1 } }

    private func hold(_ lookup: Lookup) {
        if case .found(let entry) = lookup { hold(entry.attributes.node) }
    }

    /// The kernel has no more room for what the program has looked up.
    func forgetAll() {
        let all = held.withLock { held in
            defer { held = [:] }
            return held
        }
        for (node, count) in all { files.forget(node, count: count) }
    }

    // MARK: Names

    func node(_ path: any TestPath) async throws(SystemError) -> NodeID {
        guard let attributes = try await attributes(path) else { throw .notThere }
        return attributes.node
    }

    /// Nothing where there is none.
    func attributes(_ path: any TestPath) async throws(SystemError) -> NodeAttributes? {
        var found: Entry?
        for name in path.testNames {
            found = try await mount.lookUp(name, in: found?.attributes.node ?? folder)
            guard let found else { return nil }
            hold(found.attributes.node)
        }
        return if let found { found.attributes } else { try await mount.attributes(of: folder) }
    }

    func names(_ path: any TestPath = []) async throws(SystemError) -> [String] {
        try await mount.texts(try await node(path)).sorted()
    }

    private func with<Answer: Sendable>(
        _ path: any TestPath, _ call: (UnsafeRawBufferPointer, NodeID, Reply<Answer>) -> Void
    ) async throws(SystemError) -> Answer {
        let names = path.testNames
        let node = try await node(Array(names.dropLast()))
        return try await answer { reply in names.last!.withUnsafeBytes { call($0, node, reply) } }
    }

    func makeFolder(_ path: any TestPath, mode: UInt32 = 0o755) async throws(SystemError) {
        hold(try await with(path) { files.makeFolder($0, in: $1, mode: mode, by: caller, $2) })
    }

    func makeLink(_ path: any TestPath, to target: String) async throws(SystemError) {
        let made: Lookup = try await with(path) { name, folder, reply in
            Array(target.utf8).withUnsafeBytes { files.makeLink(name, in: folder, to: $0, by: caller, reply) }
        }
        hold(made)
    }

    func makeNode(_ path: any TestPath, mode: UInt32) async throws(SystemError) {
        hold(try await with(path) { files.makeNode($0, in: $1, mode: mode, by: caller, $2) })
    }

    func makeSecondName(_ path: any TestPath, of old: any TestPath) async throws(SystemError) {
        let node = try await node(old)
        let _: Lookup = try await with(path) { files.link(node, as: $0, in: $1, $2) }
    }

    func target(_ path: any TestPath) async throws(SystemError) -> String {
        let node = try await node(path)
        return String(decoding: try await answer { files.target(ofLink: node, $0) } as [UInt8], as: UTF8.self)
    }

    func remove(_ path: any TestPath) async throws(SystemError) {
        let _: Void = try await with(path) { files.remove($0, in: $1, $2) }
    }

    func removeFolder(_ path: any TestPath) async throws(SystemError) {
        let _: Void = try await with(path) { files.removeFolder($0, in: $1, $2) }
    }

    /// `request` is its number.
    func rename(
        _ path: any TestPath, to newPath: any TestPath, _ replacing: Replacing = .allowed, request: UInt64 = 0
    ) async throws(SystemError) {
        let names = newPath.testNames
        let newFolder = try await node(Array(names.dropLast()))
        let _: Void = try await with(path) { old, oldFolder, reply in
            names.last!.withUnsafeBytes {
                files.rename(
                    old, in: oldFolder, to: $0, in: newFolder, replacing, by: caller.asking(request), reply)
            }
        }
    }

    // MARK: Open files

    /// As open(2).
    func open(_ path: any TestPath, _ flags: Int32, mode: UInt32 = 0o644) async throws(SystemError) -> File {
        let access = Access(flags: flags)
        if let attributes = try await attributes(path) {
            guard flags & O_CREAT == 0 || !access.isExclusive else { throw SystemError(code: EEXIST) }
            guard attributes.kind != .folder || access.onlyReads else { throw SystemError(code: EISDIR) }
            return try await open(attributes.node, access)
        }
        guard flags & O_CREAT != 0 else { throw .notThere }
        return try await make(path, flags, mode: mode)
    }

    /// Without looking first.
    func make(
        _ path: any TestPath, _ flags: Int32, mode: UInt32 = 0o644, asRequest number: UInt64 = 0
    ) async throws(SystemError) -> File {
        let (access, caller) = (Access(flags: flags), caller.asking(number))
        let new: NewFile = try await with(path) { files.make($0, in: $1, mode: mode, access, by: caller, $2) }
        hold(new.entry.attributes.node)
        return File(
            node: new.entry.attributes.node, handle: new.file.handle, access: access, wantsFlush: new.file.wantsFlush)
    }

    func open(_ node: NodeID, _ access: Access, asRequest number: UInt64 = 0) async throws(SystemError) -> File {
        let caller = caller.asking(number)
        let open: OpenFile = try await answer { files.open(node, access, by: caller, $0) }
        return File(node: node, handle: open.handle, access: access, wantsFlush: open.wantsFlush)
    }

    /// At the end where the file was opened to append.
    func write(_ bytes: [UInt8], at offset: Int = 0, to file: File) async throws(SystemError) {
        let place = file.access.appends ? try await mount.attributes(of: file.node).size : offset
        let count: Int = try await answer { reply in
            bytes.withUnsafeBytes { files.write($0, at: place, of: file.node, file.handle, reply) }
        }
        guard count == bytes.count else { throw SystemError(code: ENOMSG) }
    }

    func write(_ text: String, at offset: Int = 0, to file: File) async throws(SystemError) {
        try await write(Array(text.utf8), at: offset, to: file)
    }

    func read(_ count: Int = 1 << 20, at offset: Int = 0, from file: File) async throws(SystemError) -> [UInt8] {
        try await mount.read(file.node, file.handle, count, at: offset)
    }

    func resize(_ file: File, to size: Int) async throws(SystemError) {
        _ = try await change(file.node, file.handle) { $0.size = size }
    }

    func reserve(_ range: Range<Int>, mode: Int32 = 0, of file: File) async throws(SystemError) {
        try await answer {
            files.reserve(range.count, at: range.lowerBound, of: file.node, file.handle, mode: mode, $0)
        }
    }

    func seek(_ sought: Sought, from offset: Int, of file: File) async throws(SystemError) -> Int {
        try await answer { files.seek(sought, from: offset, of: file.node, file.handle, $0) }
    }

    func synchronize(_ file: File) async throws(SystemError) {
        try await answer { files.synchronize(file.node, file.handle, $0) }
    }

    /// Closes one of several descriptors of it, which may be somebody else's.
    func flush(_ file: File, by other: Caller? = nil) async throws(SystemError) {
        guard file.wantsFlush else { return }
        try await answer { files.flush(file.node, file.handle, by: other ?? caller, $0) }
    }

    /// Nobody has it any more.
    func release(_ file: File) { files.release(file.node, file.handle) }

    func close(_ file: File) async throws(SystemError) {
        defer { release(file) }
        try await flush(file)
    }

    // MARK: Whole files

    func save(_ bytes: [UInt8], as path: any TestPath, mode: UInt32 = 0o644) async throws(SystemError) {
        let file = try await open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        do throws(SystemError) {
            try await write(bytes, to: file)
        } catch {
            release(file)
            throw error
        }
        try await close(file)
    }

    func save(_ text: String, as path: any TestPath, mode: UInt32 = 0o644) async throws(SystemError) {
        try await save(Array(text.utf8), as: path, mode: mode)
    }

    func read(_ path: any TestPath) async throws(SystemError) -> [UInt8] {
        let file = try await open(path, O_RDONLY)
        defer { release(file) }
        return try await read(from: file)
    }

    func text(_ path: any TestPath) async throws(SystemError) -> String {
        String(decoding: try await read(path), as: UTF8.self)
    }

    // MARK: Attributes

    @discardableResult
    func change(
        _ node: NodeID, _ handle: HandleID? = nil, _ change: (inout AttributeChanges) -> Void
    ) async throws(SystemError) -> NodeAttributes {
        var changes = AttributeChanges()
        change(&changes)
        return try await answer { files.change(changes, of: node, handle, $0) }
    }

    @discardableResult
    func change(
        _ path: any TestPath, _ change: (inout AttributeChanges) -> Void
    ) async throws(SystemError) -> NodeAttributes {
        let node = try await node(path)
        return try await self.change(node, nil, change)
    }

    func setAttribute(
        _ name: String, _ value: [UInt8], of path: any TestPath, _ replacing: Replacing = .allowed
    ) async throws(SystemError) {
        let node = try await node(path)
        let _: Void = try await answer { reply in
            Array(name.utf8).withUnsafeBytes { name in
                value.withUnsafeBytes { files.setExtendedAttribute(name, to: $0, of: node, replacing, reply) }
            }
        }
    }

    func removeAttribute(_ name: String, of path: any TestPath) async throws(SystemError) {
        let node = try await node(path)
        let _: Void = try await answer { reply in
            Array(name.utf8).withUnsafeBytes { files.removeExtendedAttribute($0, of: node, reply) }
        }
    }

    func attribute(_ name: String, of path: any TestPath) async throws(SystemError) -> [UInt8] {
        let node = try await node(path)
        return try await answer { reply in
            Array(name.utf8).withUnsafeBytes { files.extendedAttribute($0, of: node, reply) }
        }
    }

    func attributeNames(of path: any TestPath) async throws(SystemError) -> [String] {
        let node = try await node(path)
        let names: [[UInt8]] = try await answer { files.extendedAttributeNames(of: node, $0) }
        return names.map { String(decoding: $0, as: UTF8.self) }.sorted()
    }
}

extension TestMount {
    /// Until all that is whole is in the bucket, or cannot come there.
    func drain() async {
        await withCheckedContinuation { continuation in files.drain { continuation.resume() } }
    }

    var progress: UploadProgress { files.uploadProgress() ?? UploadProgress() }
}

extension Caller {
    static func process(_ number: Int32, user: UInt32 = 0, isDying: Bool = false) -> Caller {
        Caller(user: user, group: user, thread: number + 1, umask: 0o022, process: number, isDying: isDying)
    }

    /// The kernel gives each request a number.
    func asking(_ number: UInt64) -> Caller {
        var caller = self
        caller.request = number
        return caller
    }
}

import Glibc
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

/// Random operations of programs on a mount, compared one by one with a tree as POSIX has it; in the end the bucket has to be
/// that tree, object by object, and another mount has to show it. A seed that fails is printed and can be run again:
/// PROVISION_TEST_SEED=NUMBER.
struct RandomWritingTests {
    @Test(arguments: 0..<8)
    func mountIsATreeOfFiles(share: Int) async throws {
        let only = getenv("PROVISION_TEST_SEED").flatMap { UInt64(String(cString: $0)) }
        guard only == nil || share == 0 else { return }
        let count = getenv("PROVISION_TEST_SEEDS").flatMap { Int(String(cString: $0)) } ?? 10
        for seed in only.map({ [$0] }) ?? (0..<count).map({ UInt64($0 * 8 + share) }) {
            var run = try WritingRun(seed: seed)
            do {
                try await run.operate(120)
                try await run.finish()
            } catch {
                Issue.record("seed \(seed), step \(run.step) (\(run.last)): \(error)")
            }
        }
    }
}

/// One sequence, by one thread of a kernel, which asks for nothing that it sees to be impossible.
struct WritingRun {
    struct Wrong: Error, CustomStringConvertible {
        let description: String
    }

    typealias Path = [[UInt8]]

    /// A node that the kernel holds.
    struct Held {
        let node: FileModel.Node
        var count: UInt64
    }

    /// Something that a program has open.
    struct Open {
        let node: FileModel.Node
        let file: TestProgram.File
        let program: TestProgram
        var hasWritten = false
    }

    private static let names: [[UInt8]] =
        ["a", "b", "c", "a.b", "a!", "a-1", "é"].map { Array($0.utf8) }
        + [[UInt8](repeating: 0x6E, count: 20)]

    let commit: CommitMode
    private var random: SeededGenerator
    private let bucket: MemoryBucket
    private let staging: TestStaging
    private let mount: TestMount
    private let programs: [TestProgram]
    private let model: FileModel
    private var held: [NodeID: Held] = [:]
    private var open: [Open] = []
    private(set) var step = 0
    /// What is being done, for messages.
    private(set) var last = "nothing yet"

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        commit = CommitMode.allCases.randomElement(using: &random)!
        let hasConditions = Int.random(in: 0..<4, using: &random) > 0
        let hasParts = Bool.random(using: &random)
        let renames: StoreCapabilities.AtomicRename = [.none, .none, .objects, .objectsAndFolders]
            .randomElement(using: &random)!
        bucket = MemoryBucket.writable(pageSize: [2, 5, 1000].randomElement(using: &random)!) { can in
            if !hasConditions {
                can.conditionalPut = false
                can.conditionalCopy = false
                can.conditionalComplete = false
                can.conditionalDelete = false
            }
            can.atomicRename = renames
            if hasParts {
                can.maximumPut = 1000
                can.maximumCopy = 3000
                can.minimumPartSize = 200
                can.maximumPartSize = 6000
            }
        }
        for _ in 0..<Int.random(in: 0...12, using: &random) { Self.addObject(to: bucket, &random) }
        model = FileModel(bucket.objects)
        staging = try TestStaging(commit)
        mount = try TestMount(bucket, staging: staging)
        let mount = mount
        programs = (1...3).map { TestProgram(mount, process: Int32($0 * 100), user: $0 == 3 ? 1000 : 0) }
    }

    /// One that hides no other and is hidden by none.
    private static func addObject(to bucket: MemoryBucket, _ random: inout SeededGenerator) {
        let path = (0..<Int.random(in: 1...3, using: &random)).map { _ in names.randomElement(using: &random)! }
        let isFolder = Int.random(in: 0..<5, using: &random) == 0
        let key = ObjectKey(Array(path.joined(separator: [0x2F])) + (isFolder ? [0x2F] : []))
        let folders = path.indices.dropFirst().map { ObjectKey(Array(path[..<$0].joined(separator: [0x2F]))) }
        let file = ObjectKey(Array(path.joined(separator: [0x2F])))
        let isFree = bucket.objects.keys.allSatisfy { other in
            !folders.contains(other) && other != file && !other.hasPrefix(file + "/")
        }
        guard isFree else { return }
        // Modes and links are known only once somebody has asked for the object.
        let metadata = Bool.random(using: &random) ? [:] : ["mtime": "1600000000.25", "colour": "red"]
        let content = isFolder ? [] : bytes(&random)
        bucket.set(key, content, metadata: metadata)
    }

    private static func bytes(_ random: inout SeededGenerator) -> [UInt8] {
        let count = [0, 1, 10, 300, 4000].randomElement(using: &random)!
        let byte = UInt8.random(in: 1...255, using: &random)
        return (0..<Int.random(in: 0...count, using: &random)).map { UInt8(truncatingIfNeeded: $0 >> 4) ^ byte }
    }

    mutating func operate(_ count: Int) async throws {
        for _ in 0..<count {
            step += 1
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<6: try await lookUp()
            case 6..<12: try await getAttributes()
            case 12..<18: try await list()
            case 18..<32: try await openFile()
            case 32..<44: try await write()
            case 44..<50: try await read()
            case 50..<53: try await resize()
            case 53..<56: try await reserve()
            case 56..<58: try await synchronize()
            case 58..<70: try await close()
            case 70..<75: try await remove()
            case 75..<82: try await rename()
            case 82..<85: try await makeFolder()
            case 85..<87: try await removeFolder()
            case 87..<89: try await makeLink()
            case 89..<92: try await changeAttributes()
            case 92..<94: try await changeExtendedAttributes()
            case 94..<95: try await refused()
            case 95..<97: forgetOne()
            case 97..<98: mount.pass(milliseconds: [1, 400, 1001].randomElement(using: &random)!)
            default: try await drainAndLook()
            }
        }
    }

    /// All is closed and drained: the bucket is the tree, and so is what others see of it.
    mutating func finish() async throws {
        step += 1
        while !open.isEmpty { try await close() }
        last = "the end"
        await mount.drain()
        let differences = model.differences(from: bucket.objects)
        guard differences.isEmpty else {
            throw Wrong(description: "the bucket: \(differences.joined(separator: "; "))")
        }
        guard bucket.uploads.isEmpty else { throw Wrong(description: "uploads of \(bucket.uploads) are left") }
        let progress = mount.progress
        guard progress.pendingFiles == 0, progress.failedFiles == 0, progress.openFiles == 0, progress.failure == nil
        else { throw Wrong(description: "the progress is \(progress)") }
        let own = try await shown(by: mount)
        try compare(own, "here", isElsewhere: false)
        let others = try await shown(by: try TestMount(bucket))
        try compare(others, "elsewhere", isElsewhere: true)
        for (path, name) in others where name.kind != .folder && own[path] != name {
            throw Wrong(description: "\(shown(path)) is \(name) elsewhere, and here \(String(describing: own[path]))")
        }
        for (node, held) in held { mount.files.forget(node, count: held.count) }
        held = [:]
        for program in programs { program.forgetAll() }
        // What was changed is remembered for a while, and noticed to be over by who looks up something.
        mount.pass(milliseconds: 2002)
        _ = try await mount.lookUp("nobody".utf8)
        // Folders without an object are remembered.
        let folders = model.all.values.count { $0.kind == .folder }
        guard mount.tree.heldNodes <= 1 + folders else {
            throw Wrong(description: "\(mount.tree.heldNodes) nodes are held")
        }
    }

    // MARK: What a mount shows

    struct Shown: Equatable {
        var kind: NodeKind
        var size: Int
        var mode: UInt32
        var owner: UInt32
        var group: UInt32
        var modified: FileTime
        var bytes: [UInt8]
    }

    /// Everything, looked up name by name.
    private mutating func shown(by mount: TestMount) async throws -> [Path: Shown] {
        var all: [Path: Shown] = [:]
        var folders: [(Path, NodeID)] = [([], .root)]
        var looked: [NodeID] = []
        defer { for node in looked { mount.files.forget(node, count: 1) } }
        while let (path, node) = folders.popLast() {
            last = "list \(shown(path)) in the end"
            for listed in try await mount.list(node) {
                // One by itself, so that what is in its metadata is asked for.
                mount.pass(milliseconds: 1001)
                guard let entry = try await mount.lookUp(listed.name, in: node) else {
                    throw Wrong(description: "\(shown(path + [listed.name])) is listed and not there")
                }
                let attributes = entry.attributes
                last = "read \(shown(path + [listed.name])) in the end"
                guard all[path + [listed.name]] == nil else {
                    throw Wrong(description: "\(shown(path + [listed.name])) is listed twice")
                }
                let bytes: [UInt8] =
                    switch attributes.kind {
                    case .file: try await mount.read(attributes.node)
                    case .link: try await answer { mount.files.target(ofLink: attributes.node, $0) }
                    default: []
                    }
                if attributes.kind == .folder { folders.append((path + [listed.name], attributes.node)) }
                all[path + [listed.name]] = Shown(
                    kind: NodeKind(attributes.kind), size: attributes.size, mode: attributes.mode,
                    owner: attributes.owner, group: attributes.group, modified: attributes.modified, bytes: bytes)
                looked.append(attributes.node)
            }
        }
        return all
    }

    private func compare(_ tree: [Path: Shown], _ what: String, isElsewhere: Bool) throws {
        let expected = model.all
        for (path, name) in tree {
            guard let node = expected[path] else { throw Wrong(description: "\(what), \(shown(path)) should not be") }
            try compare(name, with: node, "\(what), \(shown(path))")
            guard node.kind == .folder || name.bytes == node.bytes else {
                throw Wrong(description: "\(what), \(shown(path)) has other bytes")
            }
        }
        for (path, node) in expected where tree[path] == nil {
            // Of a folder without an object others know only while something is in it.
            let isKnownHereOnly = isElsewhere && node.kind == .folder && Self.mayBeUnknown(node)
            guard isKnownHereOnly else { throw Wrong(description: "\(what), \(shown(path)) is missing") }
        }
    }

    private static func mayBeUnknown(_ node: FileModel.Node) -> Bool {
        node.kind == .folder && node.hasObject != true && node.children.values.allSatisfy(mayBeUnknown)
    }

    private func compare(_ found: Shown, with node: FileModel.Node, _ what: String) throws {
        guard found.kind == node.kind else { throw Wrong(description: "\(what) is \(found.kind), not \(node.kind)") }
        // What a folder's object says is known only once that was asked for by itself.
        guard node.kind != .folder else { return }
        guard found.size == node.size, node.kind == .link || found.mode == node.mode, found.owner == node.owner,
            found.group == node.group, node.modified == nil || found.modified == node.modified
        else {
            throw Wrong(
                description: """
                    \(what) is \(found.kind) of \(found.size), \(String(found.mode, radix: 8)), \(found.owner):\(found.group), \
                    \(found.modified), not \(node.kind) of \(node.size), \(String(node.mode, radix: 8)), \
                    \(node.owner):\(node.group), \(String(describing: node.modified))
                    """)
        }
    }

    private func compare(_ found: NodeAttributes, with node: FileModel.Node, _ what: String) throws {
        try compare(
            Shown(
                kind: NodeKind(found.kind), size: found.size, mode: found.mode, owner: found.owner, group: found.group,
                modified: found.modified, bytes: []), with: node, what)
    }

    // MARK: Names

    private mutating func anyPath() -> Path {
        // Those that are there, and few others, so that they meet.
        if Bool.random(using: &random), let path = model.all.keys.sorted(by: precedes).randomElement(using: &random) {
            return path
        }
        return anyFolder() + [Self.names.randomElement(using: &random)!]
    }

    private mutating func anyFolder() -> Path {
        let folders = model.all.filter { $0.value.kind == .folder }.keys.sorted(by: precedes) + [[]]
        return folders.randomElement(using: &random)!
    }

    private mutating func anyPath(_ kind: NodeKind) -> Path? {
        model.all.filter { $0.value.kind == kind }.keys.sorted(by: precedes).randomElement(using: &random)
    }

    private func precedes(_ left: Path, _ right: Path) -> Bool {
        left.joined(separator: [0]).lexicographicallyPrecedes(right.joined(separator: [0]))
    }

    private func shown(_ path: Path) -> String { ObjectKey(Array(path.joined(separator: [0x2F]))).shown }

    /// Looks up name after name, as the kernel does, and holds what is found.
    private mutating func resolve(_ path: Path) async throws -> NodeID? {
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

    private mutating func hold(_ entry: Entry, _ node: FileModel.Node, _ what: String) throws {
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
    private func expect<Answer>(
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

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

    private mutating func lookUp() async throws {
        let path = anyPath()
        last = "look up \(shown(path))"
        _ = try await resolve(path)
    }

    private mutating func getAttributes() async throws {
        guard let (number, one) = anyHeld() else { return }
        last = "attributes of \(number.number)"
        guard one.node.isLinked || one.node.isOpen else {
            // The kernel does not ask, or hears that it is gone.
            return
        }
        try compare(try await mount.attributes(of: number), with: one.node, "node \(number.number)")
    }

    private mutating func anyHeld() -> (NodeID, Held)? {
        held.sorted { $0.key.number < $1.key.number }.randomElement(using: &random).map { ($0.key, $0.value) }
    }

    private mutating func forgetOne() {
        last = "forget"
        // The kernel holds what is open.
        guard let (number, one) = anyHeld(), !one.node.isOpen else { return }
        let count = UInt64.random(in: 1...one.count, using: &random)
        mount.files.forget(number, count: count)
        held[number] = count == one.count ? nil : Held(node: one.node, count: one.count - count)
    }

    /// Names are made and removed while the folder is read: what is there all the time is listed once, and what never is, never.
    private mutating func list() async throws {
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
                try await programs[0].makeFolder(path + [name])
                node.children[name] = Self.newFolder(programs[0], 0o755)
            } else if let name = node.children.filter({ $0.value.kind == .link }).keys.sorted(by: {
                $0.lexicographicallyPrecedes($1)
            }).first {
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
        // Positions hold, also backwards.
        guard ever == before, always == before, let from = listed.indices.randomElement(using: &random) else { return }
        // An answer may be short, but the last.
        var again: [TestPage.Name] = []
        while true {
            let page = try await mount.readFolder(number, handle, after: (again.last ?? listed[from]).position)
            if page.isEmpty { break }
            again += page
        }
        guard again.map(\.name) == listed[(from + 1)...].map(\.name) else {
            throw Wrong(description: "behind \(listed[from].text) come \(again.map(\.text))")
        }
    }

    // MARK: Folders and links

    private static func newFolder(_ program: TestProgram, _ mode: UInt32) -> FileModel.Node {
        FileModel.Node(.folder, mode: mode, owner: program.caller.user, group: program.caller.group)
    }

    /// Nothing when the folder above is not one.
    private mutating func place(_ path: Path) async throws -> FileModel.Node? {
        guard try await resolve(path.dropLast()) != nil else { return nil }
        let folder = model.find(path.dropLast())
        return folder?.kind == .folder ? folder : nil
    }

    private mutating func makeFolder() async throws {
        let path = anyPath()
        let program = programs.randomElement(using: &random)!
        let mode: UInt32 = [0o755, 0o755, 0o700].randomElement(using: &random)!
        last = "make folder \(shown(path))"
        guard let folder = try await place(path) else { return }
        guard folder.children[path.last!] == nil else { return }
        try await program.makeFolder(path, mode: mode)
        folder.children[path.last!] = Self.newFolder(program, mode)
    }

    private mutating func removeFolder() async throws {
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

    private mutating func makeLink() async throws {
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

    private mutating func remove() async throws {
        let path = anyPath()
        last = "remove \(shown(path))"
        guard let folder = try await place(path) else { return }
        let program = programs[0]
        guard let node = folder.children[path.last!], node.kind != .folder else { return }
        try await program.remove(path)
        model.unlink(path.last!, in: folder)
    }

    private mutating func rename() async throws {
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
        case .required where there != nil: return _ = try await expect(EINVAL, doing: rename)
        case .required: return
        case .forbidden where there != nil: return
        default: break
        }
        if let there {
            guard (there.kind == .folder) == (node.kind == .folder) else { return }
            guard there.children.isEmpty else { return _ = try await expect(ENOTEMPTY, EEXIST, doing: rename) }
        }
        try await rename()
        model.move(old.last!, in: folder, to: new.last!, in: newFolder)
    }

    private mutating func refused() async throws {
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

    // MARK: Open files

    private mutating func openFile() async throws {
        let path = anyPath()
        let program = programs.randomElement(using: &random)!
        var flags: Int32 = [O_RDONLY, O_WRONLY, O_RDWR, O_RDWR].randomElement(using: &random)!
        if flags != O_RDONLY {
            if Int.random(in: 0..<3, using: &random) > 0 { flags |= O_CREAT }
            if Int.random(in: 0..<3, using: &random) == 0 { flags |= O_TRUNC }
            if Int.random(in: 0..<4, using: &random) == 0 { flags |= O_APPEND }
            if Int.random(in: 0..<8, using: &random) == 0 { flags |= O_EXCL }
        }
        last = "open \(shown(path)), \(String(flags, radix: 8))"
        guard open.count < 12, let folder = try await place(path) else { return }
        let existing = folder.children[path.last!]
        let mode: UInt32 = [0o644, 0o644, 0o600, 0o755].randomElement(using: &random)!
        let open = { () async throws(SystemError) in try await program.open(path, flags, mode: mode) }
        if existing == nil, flags & O_CREAT == 0 { return }
        if existing != nil, flags & O_CREAT != 0, flags & O_EXCL != 0 { return }
        guard existing?.kind ?? .file == .file else { return }
        let file = try await open()
        let node =
            existing
            ?? FileModel.Node(
                .file, mode: mode, owner: program.caller.user, group: program.caller.group)
        if existing == nil {
            node.isDirty = true
            folder.children[path.last!] = node
        } else if flags & O_TRUNC != 0 {
            node.resize(to: 0)
        }
        let writes = flags & O_ACCMODE != O_RDONLY
        if writes { node.writers += 1 } else { node.readers += 1 }
        self.open.append(Open(node: node, file: file, program: program))
        // The answer to a new file counts as looked up.
        _ = try await resolve(path)
    }

    private mutating func anyOpen(writing: Bool = false) -> Int? {
        open.indices.filter { !writing || open[$0].file.access.writes }.randomElement(using: &random)
    }

    private mutating func write() async throws {
        guard let index = anyOpen(writing: true) else { return }
        let (node, file) = (open[index].node, open[index].file)
        let bytes = Self.bytes(&random)
        guard !bytes.isEmpty else { return }
        let places = [0, node.size, node.size + 100, Int.random(in: 0...node.size, using: &random)]
        let offset = file.access.appends ? node.size : places.randomElement(using: &random)!
        last = "write \(bytes.count) at \(offset) of \(file.node.number)"
        try await open[index].program.write(bytes, at: offset, to: file)
        node.write(bytes, at: offset)
        open[index].hasWritten = true
    }

    private mutating func read() async throws {
        guard let index = anyOpen(), open[index].file.access.reads else { return }
        let (node, file) = (open[index].node, open[index].file)
        let offset = Int.random(in: 0...node.size + 10, using: &random)
        let count = Int.random(in: 1...5000, using: &random)
        last = "read \(count) at \(offset) of \(file.node.number)"
        let found = try await open[index].program.read(count, at: offset, from: file)
        guard found == Array(node.bytes.dropFirst(offset).prefix(count)) else {
            throw Wrong(description: "\(found.count) bytes, or others than \(node.size - offset)")
        }
    }

    private mutating func resize() async throws {
        if Int.random(in: 0..<3, using: &random) == 0, let path = anyPath(.file) {
            let node = model.find(path)!
            let size = Int.random(in: 0...node.size + 50, using: &random)
            last = "truncate \(shown(path)) to \(size)"
            _ = try await resolve(path)
            let program = programs[0]
            try await program.change(path) { $0.size = size }
            node.resize(to: size)
            if node.writers > 0 { node.isMixed = true } else { node.becomeWhole() }
        } else if let index = anyOpen(writing: true) {
            let (node, file) = (open[index].node, open[index].file)
            let size = Int.random(in: 0...node.size + 50, using: &random)
            last = "resize \(file.node.number) to \(size)"
            try await open[index].program.resize(file, to: size)
            node.resize(to: size)
            open[index].hasWritten = true
        }
    }

    private mutating func reserve() async throws {
        guard let index = anyOpen(writing: true) else { return }
        let (node, file) = (open[index].node, open[index].file)
        let start = Int.random(in: 0...node.size + 20, using: &random)
        let range = start..<start + Int.random(in: 1...2000, using: &random)
        let mode = [0, 1, 3, 0x10, 0x11, 0x8, 0x20, 0x40].randomElement(using: &random)!
        last = "fallocate \(mode) of \(range) of \(file.node.number)"
        let program = open[index].program
        let reserve = { () async throws(SystemError) in
            try await program.reserve(range, mode: Int32(mode), of: file)
        }
        guard mode < 8 || mode & 0x10 != 0 else { return _ = try await expect(EOPNOTSUPP, doing: reserve) }
        try await reserve()
        let extends = mode & 1 == 0 && range.upperBound > node.size
        if mode & 0x12 != 0 { node.clear(range) }
        if extends { node.resize(to: range.upperBound) }
        // Room alone is no content.
        if mode != 1 { open[index].hasWritten = true }
    }

    private mutating func synchronize() async throws {
        guard let index = anyOpen(writing: true) else { return }
        last = "fsync \(open[index].file.node.number)"
        try await open[index].program.synchronize(open[index].file)
        open[index].node.becomeWhole()
        open[index].hasWritten = false
    }

    /// By whoever opened it, by a child, without a word, or by a signal.
    private mutating func close() async throws {
        guard let index = anyOpen() else { return }
        let one = open[index]
        let (node, file, program) = (one.node, one.file, one.program)
        guard file.access.writes else {
            last = "close \(file.node.number), which was read"
            open.remove(at: index)
            node.readers -= 1
            return try await program.close(file)
        }
        switch Int.random(in: 0..<10, using: &random) {
        case 0:
            last = "close \(file.node.number) by a child"
            return try await program.flush(file, by: .process(999))
        case 1 where node.writers == 1 && !node.isMixed && !file.access.appends:
            last = "die with \(file.node.number)"
            open.remove(at: index)
            node.writers = 0
            try await program.flush(file, by: .process(program.caller.process, isDying: true))
            program.release(file)
            if node.isDirty { tear(node) }
        case 2:
            last = "release \(file.node.number) alone"
            open.remove(at: index)
            node.writers -= 1
            program.release(file)
            if node.writers > 0 {
                node.isMixed = node.isMixed || node.isDirty
            } else if node.isDirty {
                node.becomeWhole()
            }
        default:
            last = "close \(file.node.number)"
            open.remove(at: index)
            node.writers -= 1
            try await program.close(file)
            if one.hasWritten {
                node.becomeWhole()
            } else if node.writers > 0 {
                node.isMixed = node.isMixed || node.isDirty
            } else if node.isDirty {
                node.becomeWhole()
            }
        }
    }

    /// The old object shows again, or nothing.
    private func tear(_ node: FileModel.Node) {
        guard node.isLinked else { return }
        if let whole = node.whole {
            node.bytes = whole
            node.isDirty = false
            return
        }
        for (path, found) in model.all where found === node {
            model.unlink(path.last!, in: model.find(path.dropLast())!)
        }
    }

    // MARK: Attributes

    private mutating func changeAttributes() async throws {
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

    private mutating func changeExtendedAttributes() async throws {
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

    // MARK: The bucket

    /// In the middle: what nobody has open is there.
    private mutating func drainAndLook() async throws {
        last = "drain"
        await mount.drain()
        for (path, node) in model.all where node.kind == .file && node.writers == 0 {
            let key = ObjectKey(Array(path.joined(separator: [0x2F])))
            guard bucket.bytes(key) == node.bytes else {
                throw Wrong(description: "\(key.shown) is not in the bucket, or as something else")
            }
        }
    }
}

extension NodeKind {
    init(_ kind: FileEntry.Kind) {
        self =
            switch kind {
            case .folder: .folder
            case .link: .link
            default: .file
            }
    }
}

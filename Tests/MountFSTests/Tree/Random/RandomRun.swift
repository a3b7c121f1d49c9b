import Glibc
import ObjectStore
import Platform
import TestSupport

@testable import MountFS

/// One sequence.
struct RandomRun {
    struct Wrong: Error, CustomStringConvertible {
        let description: String
    }

    /// A node that the kernel holds.
    struct Held {
        var path: [[UInt8]]
        var node: NodeID
        var kind: FileEntry.Kind
        var count: UInt64
        /// When it was looked up first.
        var since: Int
    }

    private static let names: [[UInt8]] =
        ["a", "b", "a!", "a.b", "a-1", "a0", "", ".", "..", "...", "é", "x y"].map { Array($0.utf8) }
        + [[0xFF, 0x0A], [UInt8](repeating: 0x6E, count: 255), [UInt8](repeating: 0x6E, count: 256)]

    var random: SeededGenerator
    let bucket: MemoryBucket
    let mount: TestMount
    private let root: ObjectKey
    /// What the bucket held since which time.
    var past: [(since: Int, model: TreeModel)]
    var held: [UInt64: Held] = [:]
    var readers: [Reader] = []
    var wasOpened: Set<NodeID> = []

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        root = ["", "p/", "p/a/"].randomElement(using: &random)!
        bucket = MemoryBucket(pageSize: [1, 2, 3, 5, 1000].randomElement(using: &random)!)
        let memory = [1, 4000, 16 << 20].randomElement(using: &random)!
        let ahead = Int.random(in: 0...3, using: &random)
        mount = try TestMount(bucket, root: root) { settings in
            settings.listingMemory = memory
            settings.pagesAhead = ahead
        }
        past = []
        for _ in 0..<Int.random(in: 0...25, using: &random) {
            bucket.set(anyKey(), anyContent(), metadata: anyMetadata())
        }
        snapshot()
    }

    mutating func operate(_ count: Int) async throws {
        for _ in 0..<count {
            switch Int.random(in: 0..<34, using: &random) {
            case 0..<3: change()
            case 3..<5: mount.pass(milliseconds: [1, 400, 1001].randomElement(using: &random)!)
            case 5..<11: try await lookUp()
            case 11..<14: try await getAttributes()
            case 14..<18: try await list()
            case 18..<20: try await read()
            case 20..<22: try await seek()
            case 22..<25: try await getExtendedAttribute()
            case 25..<28: try await openOne()
            case 28..<31: try await readOn()
            case 31..<33: try await askForSize()
            default: if Bool.random(using: &random) { forgetOne() } else { closeOne() }
            }
        }
        while !readers.isEmpty { closeOne() }
        for node in held.values { mount.files.forget(node.node, count: node.count) }
        guard mount.tree.heldNodes == 1 else { throw Wrong(description: "\(mount.tree.heldNodes) nodes are held") }
    }

    // MARK: The bucket

    private mutating func anyPath() -> [[UInt8]] {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in
            // Few names, so that they meet.
            Bool.random(using: &random)
                ? Self.names[Int.random(in: 0..<4, using: &random)]
                : Self.names.randomElement(using: &random)!
        }
    }

    private mutating func anyKey() -> ObjectKey {
        var key = Array(anyPath().joined(separator: [UInt8(ascii: "/")]))
        if Int.random(in: 0..<6, using: &random) == 0 { key.append(UInt8(ascii: "/")) }
        let isOutside = Int.random(in: 0..<10, using: &random) == 0
        return ObjectKey(isOutside ? Array("p".utf8) + key : root.bytes + key)
    }

    private mutating func anyContent() -> [UInt8] {
        (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private mutating func anyMetadata() -> [String: String] {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: ["mode": TreeModel.Object.linkMode]
        case 1: ["colour": "green"]
        case 2: ["mode": "33261", "colour": "red"]
        default: [:]
        }
    }

    private mutating func change() {
        if Bool.random(using: &random), let key = bucket.objects.keys.sorted().randomElement(using: &random) {
            bucket.remove(key)
        } else {
            let key = anyKey()
            if !key.isEmpty { bucket.set(key, anyContent(), metadata: anyMetadata()) }
        }
        snapshot()
    }

    private mutating func snapshot() {
        let objects = bucket.objects.mapValues {
            TreeModel.Object(size: $0.bytes.count, metadata: $0.metadata.user, bytes: $0.bytes)
        }
        past.append((mount.now, TreeModel(objects: objects, root: root)))
    }

    /// Everything that may be believed now: what was there at some time since then.
    private func models(since: Int) -> [TreeModel] {
        let first = past.lastIndex { $0.since <= since } ?? 0
        return past[first...].map(\.model)
    }

    var believed: [TreeModel] { models(since: mount.now - mount.settings.metadataTTL.milliseconds) }

    // MARK: The mount

    private mutating func anyFolder() -> (path: [[UInt8]], node: NodeID) {
        let folders = held.values.filter { $0.kind == .folder }.sorted { $0.node.number < $1.node.number }
        guard Int.random(in: 0...2, using: &random) > 0, let folder = folders.randomElement(using: &random) else {
            return ([], .root)
        }
        return (folder.path, folder.node)
    }

    private mutating func lookUp() async throws {
        let folder = anyFolder()
        let name = Self.names.randomElement(using: &random)!
        guard !name.isEmpty else { return }
        let path = folder.path + [name]
        let expected = believed.map { $0.find(path) }
        do {
            let entry = try await mount.lookUp(name, in: folder.node)
            let found = entry.map { TreeModel.Name(kind: $0.attributes.kind, size: $0.attributes.size) }
            guard expected.contains(where: { allows($0, found) }) else {
                throw Wrong(description: "\(shown(path)) is \(describe(found)), not \(expected.map(describe))")
            }
            if let entry { hold(path, entry) }
        } catch let error as SystemError {
            if error.code == ENAMETOOLONG, name.count > 255 { return }
            try check(error, folder.node)
        }
    }

    private mutating func getAttributes() async throws {
        guard let held = anyHeld() else { return }
        let expected = believed.map { $0.find(held.path) }
        do {
            let attributes = try await mount.attributes(of: held.node)
            let found = TreeModel.Name(kind: attributes.kind, size: attributes.size)
            guard attributes.node == held.node, held.kind == found.kind else {
                throw Wrong(description: "\(shown(held.path)) is another node")
            }
            // A file that a folder hides is still the file that it was.
            guard
                expected.contains(where: { allows($0, found) }) || expected.contains(where: { $0?.kind == .folder })
                    || isRead(held.node, size: found.size)
            else {
                throw Wrong(description: "\(shown(held.path)) is \(describe(found)), not \(expected.map(describe))")
            }
        } catch let error as SystemError {
            try check(error, held.node)
        }
    }

    private mutating func list() async throws {
        let folder = anyFolder()
        let isDetailed = Bool.random(using: &random)
        let room = { (random: inout SeededGenerator) in Int.random(in: 1...9, using: &random) }
        let expected = believed.map { $0.names(in: folder.path) }
        do {
            let handle = try await mount.openFolder(folder.node)
            defer { mount.files.releaseFolder(folder.node, handle) }
            var names: [TestPage.Name] = []
            while true {
                let page = try await mount.readFolder(
                    folder.node, handle, after: names.last?.position ?? 0, room: room(&random), isDetailed: isDetailed)
                note(page, isDetailed, folder.path)
                if page.isEmpty { break }
                names += page
                guard names.count < 1000 else { throw Wrong(description: "\(shown(folder.path)) has no end") }
            }
            try compare(names, expected, isDetailed, folder.path)
            // Where the bucket has changed lately, pages that are listed again may be others.
            guard believed.allSatisfy({ $0.objects == believed[0].objects }) else { return }
            for _ in 0..<3 {
                let index = Int.random(in: 0..<names.count, using: &random)
                let page = try await mount.readFolder(
                    folder.node, handle, after: names[index].position, room: room(&random))
                guard page.map(\.name) == names[(index + 1)...].prefix(page.count).map(\.name),
                    !page.isEmpty || index == names.count - 1
                else { throw Wrong(description: "behind \(shown([names[index].name])) come \(page.map(\.text))") }
            }
        } catch let error as SystemError {
            try check(error, folder.node)
        }
    }

    private func compare(
        _ names: [TestPage.Name], _ expected: [[[UInt8]: TreeModel.Name]], _ isDetailed: Bool, _ path: [[UInt8]]
    ) throws {
        guard names.prefix(2).map(\.text) == [".", ".."] else { throw Wrong(description: "no dots") }
        let listed = names.dropFirst(2)
        let isTwiceRight = expected.contains { $0 != expected[0] }
        guard isTwiceRight || Set(listed.map(\.name)).count == listed.count else {
            throw Wrong(description: "\(shown(path)) has a name twice: \(listed.map(\.text))")
        }
        for name in listed {
            let found = TreeModel.Name(kind: name.entry.attributes.kind, size: name.entry.attributes.size)
            let isRight = expected.contains { names in
                let one = names[name.name]
                return isDetailed
                    ? allows(one, found) : one?.kind == found.kind || one?.isLink == true && found.kind == .link
            }
            guard isRight else { throw Wrong(description: "\(shown(path + [name.name])) is not \(describe(found))") }
        }
        let listedNames = Set(listed.map(\.name))
        for name in expected[0].keys where expected.allSatisfy({ $0[name] != nil }) {
            guard listedNames.contains(name) else { throw Wrong(description: "\(shown(path + [name])) is missing") }
        }
    }

    private func allows(_ name: TreeModel.Name?, _ found: TreeModel.Name?) -> Bool {
        guard let name, let found else { return name == nil && found == nil }
        return name.allows(found)
    }

    /// The bytes of a file, or where a link leads.
    private mutating func read() async throws {
        guard let held = anyHeld(), held.kind != .folder else { return }
        let expected = believed.map { $0.find(held.path) }
        do {
            let bytes =
                held.kind == .link
                ? try await answer { mount.files.target(ofLink: held.node, $0) } : try await mount.read(held.node)
            let models = expected.contains { $0?.kind == .folder } ? past.map(\.model) : believed
            guard models.contains(where: { $0.objects[$0.key(held.path)]?.bytes == bytes }) else {
                throw Wrong(description: "\(shown(held.path)) has \(bytes.count) bytes, not \(expected.map(describe))")
            }
        } catch let error as SystemError {
            try check(error, held.node)
        }
    }

    /// A file has no holes but the one at its end.
    private mutating func seek() async throws {
        guard let held = anyHeld(), held.kind == .file else { return }
        let expected = believed.map { $0.find(held.path) }
        let offset = Int.random(in: 0...45, using: &random)
        let sought: Sought = Bool.random(using: &random) ? .data : .hole
        var found: Int?
        do {
            let open = try await answer { mount.files.open(held.node, Access(flags: O_RDONLY), by: .test, $0) }
            defer { mount.files.release(held.node, open.handle) }
            found = try await answer { mount.files.seek(sought, from: offset, of: held.node, open.handle, $0) }
        } catch {
            guard error.code == ENXIO else { return try check(error, held.node) }
        }
        let isRight = expected.contains { name in
            guard let size = name?.size, name?.kind == .file else { return name?.kind == .folder }
            return found == (offset >= size ? nil : sought == .data ? offset : size)
        }
        guard isRight else {
            let place = found.map(String.init) ?? "nowhere"
            throw Wrong(description: "\(shown(held.path)): from \(offset) \(sought) is at \(place)")
        }
    }

    private mutating func getExtendedAttribute() async throws {
        guard let held = anyHeld(), held.kind == .file else { return }
        let models = believed
        let name = ["user.colour", "user.mode", "provision.key"].randomElement(using: &random)!
        var value: [UInt8]?
        do {
            value = try await answer { reply in
                Array(name.utf8).withUnsafeBytes { mount.files.extendedAttribute($0, of: held.node, reply) }
            }
        } catch {
            guard error.code == ENODATA else { return try check(error, held.node) }
        }
        let isRight = models.contains { model in
            guard model.find(held.path)?.kind == .file else { return model.find(held.path)?.kind == .folder }
            let key = model.key(held.path)
            switch name {
            case "user.colour": return value == model.objects[key]?.metadata["colour"].map { Array($0.utf8) }
            case "provision.key": return value == key.bytes
            default: return value == nil
            }
        }
        guard isRight else {
            throw Wrong(description: "\(shown(held.path)): \(name) is \(value.map { ObjectKey($0).shown } ?? "absent")")
        }
    }

    // MARK: What the kernel holds

    mutating func anyHeld() -> Held? {
        held.values.sorted { $0.node.number < $1.node.number }.randomElement(using: &random)
    }

    private mutating func hold(_ path: [[UInt8]], _ entry: Entry) {
        let node = entry.attributes.node
        held[
            node.number,
            default: Held(path: path, node: node, kind: entry.attributes.kind, count: 0, since: mount.now)
        ].count += 1
    }

    private mutating func note(_ page: [TestPage.Name], _ isDetailed: Bool, _ path: [[UInt8]]) {
        guard isDetailed else { return }
        for name in page where ![".", ".."].contains(name.text) { hold(path + [name.name], name.entry) }
    }

    private mutating func forgetOne() {
        guard let one = anyHeld() else { return }
        // What is open the kernel holds.
        let most = readers.contains { $0.held.node == one.node } ? one.count - 1 : one.count
        guard most > 0 else { return }
        let count = UInt64.random(in: 1...most, using: &random)
        mount.files.forget(one.node, count: count)
        held[one.node.number]!.count -= count
        if held[one.node.number]!.count == 0 { held[one.node.number] = nil }
    }

    /// A node fails if it, or a folder above, was not there at some time since it was looked up.
    func check(_ error: SystemError, _ node: NodeID) throws {
        let held = self.held[node.number]
        // An object can be replaced between the question for it and reading it.
        let wasGone = held.map { held in
            models(since: held.since - mount.settings.metadataTTL.milliseconds).contains { model in
                held.path.indices.contains { index in
                    let name = model.find(Array(held.path[...index]))
                    // What was taken for a file turns out to be a link.
                    if index == held.path.count - 1, name?.isLink == true { return true }
                    return name?.kind != (index == held.path.count - 1 ? held.kind : .folder)
                }
            }
        }
        let wasReplaced = error.code == ESTALE && believed.count > 1
        // Another version of what somebody has open is another node.
        let wasParted = error.code == ESTALE && wasOpened.contains(node)
        guard [ENOENT, ESTALE].contains(error.code), wasGone == true || wasReplaced || wasParted else {
            throw Wrong(description: "\(shown(held?.path ?? [])): \(error.description)")
        }
    }

    func shown(_ path: [[UInt8]]) -> String { ObjectKey(path.joined(separator: [UInt8(ascii: "/")])).shown }

    private func describe(_ name: TreeModel.Name?) -> String { name.map { "\($0.kind) \($0.size)" } ?? "absent" }
}

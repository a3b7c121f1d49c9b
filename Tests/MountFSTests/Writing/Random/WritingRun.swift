import Glibc
import ObjectStore
import Platform
import TestSupport

@testable import MountFS

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

    static let names: [[UInt8]] =
        ["a", "b", "c", "a.b", "a!", "a-1", "é"].map { Array($0.utf8) }
        + [[UInt8](repeating: 0x6E, count: 20)]

    let commit: CommitMode
    var random: SeededGenerator
    let bucket: MemoryBucket
    let staging: TestStaging
    let mount: TestMount
    let programs: [TestProgram]
    let model: FileModel
    var held: [NodeID: Held] = [:]
    var open: [Open] = []
    var step = 0
    /// What is being done, for messages.
    var last = "nothing yet" {
        didSet { if isTold { print("\(step): \(last)") } }
    }
    /// Every operation is printed.
    private let isTold: Bool

    init(seed: UInt64, isTold: Bool) throws {
        self.isTold = isTold
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
        if isTold { print("0: \(commit), \(bucket.capabilities), \(bucket.objects.keys.sorted().map(\.shown))") }
        // Stored while the run goes on, or only at its end.
        let attributePause = [1, 3_600_000].randomElement(using: &random)!
        staging = try TestStaging(commit) { $0.attributePause = TimeSpan(milliseconds: attributePause) }
        mount = try TestMount(bucket, staging: staging)
        let mount = mount
        programs = (1...3).map { TestProgram(mount, process: Int32($0 * 100), user: $0 == 3 ? 1000 : 0) }
    }

    /// One that hides no other and is hidden by none.
    static func addObject(to bucket: MemoryBucket, _ random: inout SeededGenerator) {
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

    static func bytes(_ random: inout SeededGenerator) -> [UInt8] {
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

    /// In the middle: what nobody has open is there.
    mutating func drainAndLook() async throws {
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

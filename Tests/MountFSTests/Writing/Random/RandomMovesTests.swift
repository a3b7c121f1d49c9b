import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

/// Files are written to and moved, alone and with their folders, in a store that moves in one step, and everybody is killed at a
/// random move, again and again: the newest bytes of each file come into the bucket under the name that it has there.
struct RandomMovesTests {
    @Test(arguments: 0..<40) func everybodyIsKilledWhileMoving(seed: UInt64) async throws {
        var run = try MovingRun(seed: seed)
        for _ in 0..<4 { try await run.liveAndDie() }
        try await run.compare("seed \(seed)")
    }
}

private struct MovingRun {
    private var random: SeededGenerator
    private let bucket: MemoryBucket
    private let movesFolders: Bool
    private var staging: TestStaging
    private var mount: TestMount
    private var line: SessionLine
    /// What each file holds.
    private var files = ["a": "0", "b": "0", "d/x": "0", "d/y": "0", "e/z": "0"]
    private var saves = 0
    private var names = 0
    /// What nobody has heard of.
    private var move: (from: String, to: String)?

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        let renames: StoreCapabilities.AtomicRename = Bool.random(using: &random) ? .objects : .objectsAndFolders
        movesFolders = renames == .objectsAndFolders
        bucket = .writable { $0.atomicRename = renames }
        for (key, text) in files { bucket.set(ObjectKey(key), Array(text.utf8)) }
        staging = try TestStaging(.background)
        line = SessionLine(bucket)
        mount = try TestMount(line, staging: staging)
    }

    /// One session, over what the one before it has left.
    mutating func liveAndDie() async throws {
        // Uploads come to nothing, so that what was written waits for the next session.
        if Int.random(in: 0..<4, using: &random) > 0 {
            bucket.fail { _, call in if case .put = call { StoreError(.unreachable, "away") } else { nil } }
        }
        line.cut(
            .rename, Int.random(in: 1...4, using: &random), SessionLine.Moment.allCases.randomElement(using: &random)!)
        for _ in 0..<12 where !line.isCut {
            if Bool.random(using: &random) { try await save() } else { try await rename() }
        }
        line.cut()
        bucket.fail(nil)
        staging = try staging.afterKill()
        line = SessionLine(bucket)
        mount = try TestMount(line, staging: staging)
        await mount.drain()
        noteMove()
    }

    private mutating func save() async throws {
        guard let name = files.keys.sorted().randomElement(using: &random) else { return }
        saves += 1
        files[name] = String(saves)
        try await TestProgram(mount).save(String(saves), as: name)
    }

    private mutating func rename() async throws {
        let folders = Set(files.keys.compactMap { $0.split(separator: "/").dropLast().first.map { String($0) + "/" } })
            .sorted()
        // Folders that were emptied stay, and have their names.
        names += 1
        let new = "n\(names)"
        let from: String
        var to = new
        if movesFolders, Bool.random(using: &random), let folder = folders.randomElement(using: &random) {
            (from, to) = (folder, new + "/")
        } else {
            from = files.keys.sorted().randomElement(using: &random)!
            // Over another one, too.
            let others = files.keys.filter { $0 != from }.sorted()
            if Bool.random(using: &random), let other = others.randomElement(using: &random) { to = other }
        }
        let renaming = Begun { [mount, from, to] in try await TestProgram(mount).rename(from, to: to) }
        let line = line
        #expect(await soon { renaming.hasEnded || line.isCut })
        move = (from, to)
        guard !line.isCut else { return }
        try await renaming.end()
        follow()
    }

    /// By what the bucket says.
    private mutating func noteMove() {
        guard let move else { return }
        let isThere = bucket.keys.contains { $0.hasPrefix(move.from) && (move.from.hasSuffix("/") || $0 == move.from) }
        if isThere { self.move = nil } else { follow() }
    }

    private mutating func follow() {
        guard let (from, to) = move else { return }
        for (name, text) in files where name == from || from.hasSuffix("/") && name.hasPrefix(from) {
            files[name] = nil
            files[to + name.dropFirst(from.count)] = text
        }
        move = nil
    }

    func compare(_ what: String) async throws {
        await mount.drain()
        #expect(mount.progress.kept == [], "\(what)")
        let found = Dictionary(uniqueKeysWithValues: bucket.keys.map { ($0, bucket.text(ObjectKey($0)) ?? "") })
        #expect(found.filter { !$0.key.hasSuffix("/") } == files, "\(what)")
        for (name, text) in files { #expect(try await TestProgram(mount).text(name) == text, "\(what), \(name)") }
    }
}

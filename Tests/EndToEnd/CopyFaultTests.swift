import Foundation
import TestSupport
import Testing

/// Copies that are killed, run into a full disk, or work while others change source and destination.
@Suite(.serialized) struct CopyFaultTests {
    private var sandbox: CopySandbox
    private static let canMount = MountedFolder.isPossible
    private static let cannotMount = Comment(rawValue: MountedFolder.absence)

    init() throws {
        sandbox = try CopySandbox()
    }

    private func makeFiles(_ count: Int, bytes: Int = 1) throws {
        let content = [UInt8](repeating: 0x61, count: bytes)
        for index in 0..<count {
            let name = sandbox.source + "/" + String(10_000 + index)
            try Files.write(content, to: ByteName(name.utf8), modified: (1_600_000_000, index))
        }
    }

    /// Halts a copy of the source's files, one after the other, when this many are in place.
    private func halted(after count: Int, of total: Int, _ options: String...) throws -> RunningProgram {
        let running = try sandbox.start(sandbox.task(), ["--jobs", "1"] + options)
        let name = sandbox.destination + "/" + String(10_000 + count - 1)
        try #require(try running.halt { Files.isThere(name) }, "the copy had ended already")
        try #require(!Files.isThere(sandbox.destination + "/" + String(10_000 + total - 1)), "all was in place already")
        return running
    }

    // MARK: Kills

    /// However often it is killed and wherever: what was in place stays as it is, and one more run completes the tree.
    @Test func killedAtAnyMoment() throws {
        try GeneratedTree.make(at: sandbox.source)
        let source = FileTree(sandbox.source)
        let rounds = Int(ProcessInfo.processInfo.environment["PROVISION_TEST_KILLS"] ?? "") ?? 40
        // Random moments up to a bound that follows how fast this machine is: most kills shall find the copy at work.
        var bound = 100_000.0
        var killed = 0
        for kill in 0..<rounds {
            // Killed five times in a row, then completed, then from the beginning.
            if kill % 5 == 0 { Files.removeTree(sandbox.destination) }
            let before = FileTree(sandbox.destination)
            let running = try sandbox.start(sandbox.task(), ["--jobs", "2"])
            usleep(UInt32.random(in: 0...UInt32(bound)))
            running.signal(SIGKILL)
            let wasKilled = try running.wait().status == 137
            killed += wasKilled ? 1 : 0
            bound = min(max(bound * (wasKilled ? 1.3 : 0.5), 2_000), 1_000_000)
            let after = FileTree(sandbox.destination)
            try expectFilesStayed(from: before, to: after)
            // A name is there with its whole content, or it is not there.
            for (path, node) in after.nodes where isFile(node) && !isTemporary(path) {
                try #require(node == source.nodes[path], "kill \(kill): \(String(decoding: path, as: UTF8.self))")
            }
            guard kill % 5 == 4 else { continue }
            try sandbox.succeed(sandbox.task())
            let final = FileTree(sandbox.destination)
            try expectFilesStayed(from: after, to: final)
            try #require(final.differences(from: source) == [], "after kill \(kill)")
        }
        #expect(killed > rounds / 4)
    }

    private func isTemporary(_ path: ByteName) -> Bool {
        String(decoding: path, as: UTF8.self).hasPrefix(".provision-")
    }

    private func isFile(_ node: FileTree.Node) -> Bool {
        if case .file = node.content { true } else { false }
    }

    private func expectFilesStayed(from before: FileTree, to after: FileTree) throws {
        for (path, node) in before.nodes where isFile(node) && !isTemporary(path) {
            try #require(after.inodes[path] == before.inodes[path], "\(String(decoding: path, as: UTF8.self))")
        }
    }

    // MARK: Room

    @Test(.enabled(if: canMount, cannotMount))
    mutating func aDiskThatFillsInTheMiddle() throws {
        let mounted = try MountedFolder("size=24m")
        sandbox.destination = mounted.path + "/dst"
        try makeFiles(200, bytes: 50_000)
        let running = try halted(after: 3, of: 200)
        let neighbour = mounted.path + "/neighbour"
        #expect(throws: Files.Failure.self) {
            try Files.write([UInt8](repeating: 1, count: 30 << 20), to: ByteName(neighbour.utf8))
        }
        running.resume()
        let finished = try running.wait()
        #expect(finished.status == 28, "\(finished.output)")
        let document = try Document(finished)
        #expect(document.mounts.first?.code == "not-enough-disk")
        #expect(sandbox.leftovers() == [])
        let before = FileTree(sandbox.destination)
        #expect(before.names.count >= 3)
        try Files.remove(neighbour)
        let second = try sandbox.succeed(sandbox.task())
        #expect(second.objects["skipped"] == before.names.count)
        #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
        try expectFilesStayed(from: before, to: FileTree(sandbox.destination))
    }

    @Test(.enabled(if: canMount, cannotMount))
    mutating func refusedBeforeTheFirstByte() throws {
        let mounted = try MountedFolder("size=2m")
        sandbox.destination = mounted.path + "/dst"
        try makeFiles(3, bytes: 1 << 20)
        for options in [[], ["--dry-run"]] {
            let finished = try sandbox.run(sandbox.task(), options)
            #expect(finished.status == 28)
            let numbers = try #require(try Document(finished).diagnostics.first { $0.contains("not-enough-disk") })
                .split { !$0.isNumber }.compactMap { Int($0) }
            #expect(numbers.contains { $0 >= 3 << 20 && $0 < 5 << 20 }, "\(numbers)")
            #expect(numbers.contains(2 << 20), "\(numbers)")
            #expect(FileTree(mounted.path).names == [])
        }
    }

    /// Each would fit, both do not: neither is begun.
    @Test(.enabled(if: canMount, cannotMount))
    func roomForAllMountsTogether() throws {
        let mounted = try MountedFolder("size=4m")
        try makeFiles(2, bytes: 1 << 20)
        try sandbox.fail(
            28, "file_mounts: {\(mounted.path)/1: {source: ./src}, \(mounted.path)/2: {source: ./src}}")
        #expect(FileTree(mounted.path).names == [])
    }

    @Test(.enabled(if: canMount, cannotMount))
    mutating func whatIsInPlaceIsNotCountedTwice() throws {
        let mounted = try MountedFolder("size=5m")
        sandbox.destination = mounted.path + "/dst"
        try makeFiles(3, bytes: 1 << 20)
        try sandbox.succeed(sandbox.task())
        #expect(try sandbox.succeed(sandbox.task()).objects["skipped"] == 3)
        try Files.write("small", to: sandbox.source + "/small")
        #expect(try sandbox.succeed(sandbox.task()).objects == ["total": 4, "done": 1, "skipped": 3])
    }

    @Test(.enabled(if: canMount, cannotMount))
    mutating func inodesAreCountedAsWell() throws {
        let mounted = try MountedFolder("size=4m,nr_inodes=40")
        sandbox.destination = mounted.path + "/dst"
        try makeFiles(60)
        let document = try sandbox.fail(28, sandbox.task())
        #expect(document.diagnostics.contains { $0.contains("not-enough-inodes") })
        #expect(FileTree(mounted.path).names == [])
    }

    // MARK: Sources that change

    @Test func aSourceThatVanishes() throws {
        try makeFiles(1500)
        let running = try halted(after: 2, of: 1500)
        try Files.remove(sandbox.source + "/11499")
        running.resume()
        let finished = try running.wait()
        #expect(finished.status == 74, "\(finished.output)")
        let mount = try #require(try Document(finished).mounts.first)
        #expect(mount.code == "source-changed")
        #expect(mount.error["retryable"] as? Bool == true)
        #expect(sandbox.leftovers() == [])
        try sandbox.succeed(sandbox.task())
        #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
    }

    /// What has changed since it was listed is copied as it is now, whole.
    @Test(arguments: [0, 1, 200_000])
    func aSourceThatGrowsOrShrinks(size: Int) throws {
        try makeFiles(1500, bytes: 100)
        let running = try halted(after: 2, of: 1500)
        let name = ByteName((sandbox.source + "/11499").utf8)
        try Files.write([UInt8](repeating: 0x62, count: size), to: name, modified: (1_650_000_000, 5))
        running.resume()
        #expect(try running.wait().status == 0)
        #expect(FileTree(sandbox.destination).below == FileTree(sandbox.source).below)
        #expect(try sandbox.succeed(sandbox.task()).objects["done"] == 0)
    }

    /// While somebody writes to it all the time, a file is copied whole or not at all.
    @Test func aSourceThatChangesAllTheTime() async throws {
        let path = ByteName((sandbox.source + "/big").utf8)
        try Files.write([UInt8](repeating: 1, count: 8 << 20), to: path)
        let writer = Task.detached {
            var count = 0
            while !Task.isCancelled {
                count += 1
                let file = open(String(decoding: path, as: UTF8.self), O_WRONLY | O_CLOEXEC)
                _ = pwrite(file, "x", 1, off_t(count % (8 << 20)))
                close(file)
            }
        }
        let finished = try sandbox.run(sandbox.task())
        writer.cancel()
        await writer.value
        #expect([0, 74].contains(finished.status), "\(finished.output)")
        if finished.status == 74 {
            #expect(try Document(finished).mounts.first?.code == "source-changed")
            #expect(!Files.isThere(sandbox.destination + "/big"))
        }
        #expect(sandbox.leftovers() == [])
        try sandbox.succeed(sandbox.task())
        #expect(FileTree(sandbox.destination).below == FileTree(sandbox.source).below)
    }

    /// A file that becomes a link or a pipe is not what was listed.
    @Test(arguments: ["link", "pipe"])
    func aSourceThatBecomesSomethingElse(kind: String) throws {
        try makeFiles(1500)
        try sandbox.write(["secret": "secret"])
        let running = try halted(after: 2, of: 1500)
        let name = sandbox.source + "/11499"
        try Files.remove(name)
        if kind == "link" { try Files.makeLink(name, to: sandbox.path("secret")) } else { try Files.makePipe(name) }
        running.resume()
        #expect(try running.wait().status == 74)
        #expect(!Files.isThere(sandbox.destination + "/11499"))
    }

    // MARK: Others at the destination

    /// Somebody who may write into the destination swaps its folders for links all the time.
    @Test func foldersThatBecomeLinks() async throws {
        try sandbox.write(["outside/mine": "mine"])
        for folder in 0..<40 {
            try Files.makeFolder(sandbox.source + "/d\(folder)")
            for index in 0..<20 { try Files.write("new", to: sandbox.source + "/d\(folder)/\(index)") }
        }
        let (destination, outside) = (sandbox.destination, sandbox.path("outside"))
        let swapper = Task.detached {
            var count = 0
            while !Task.isCancelled {
                count += 1
                let folder = destination + "/d\(count % 40)"
                if rename(folder, folder + ".away") == 0 {
                    symlink(outside, folder)
                    usleep(50)
                    unlink(folder)
                    rename(folder + ".away", folder)
                }
            }
        }
        for _ in 0..<10 {
            let status = try sandbox.run(sandbox.task()).status
            #expect([0, 73, 74].contains(status))
            #expect(FileTree(outside).names == ["mine"])
        }
        swapper.cancel()
        await swapper.value
        #expect(FileTree(outside).names == ["mine"])
        #expect(sandbox.content("outside/mine") == "mine")
    }

    /// The destination itself is swapped: the copy goes on in the folder that it has begun in.
    @Test func aDestinationThatBecomesALink() throws {
        try makeFiles(1500)
        try sandbox.write(["outside/mine": "mine"])
        let running = try halted(after: 2, of: 1500)
        try Files.rename(sandbox.destination, to: sandbox.path("moved"))
        try Files.makeLink(sandbox.destination, to: sandbox.path("outside"))
        running.resume()
        _ = try running.wait()
        #expect(FileTree(sandbox.path("outside")).names == ["mine"])
        #expect(sandbox.leftovers(in: sandbox.path("moved")) == [])
    }

    // MARK: Two at once

    @Test func theSecondSkipsWhatTheFirstHasCopied() throws {
        try makeFiles(1500)
        let first = try halted(after: 2, of: 1500)
        let second = try sandbox.start(sandbox.task())
        first.resume()
        let (one, two) = (try first.wait(), try second.wait())
        #expect([one.status, two.status] == [0, 0], "\(one.output)\(two.output)")
        let done = try [one, two].map { try Document($0).objects["done"] ?? -1 }
        #expect(done == [1500, 0])
        #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
    }

    /// Whoever waits for another copy can be asked to end like anybody else.
    @Test(arguments: [SIGTERM, 0])
    func aWaitThatEnds(signal: Int32) throws {
        try makeFiles(1500)
        let first = try halted(after: 2, of: 1500)
        let options = signal == 0 ? ["--timeout", "100ms"] : []
        let second = try sandbox.start(sandbox.task("on_nonempty: merge"), options + ["--output", "ndjson"])
        if signal != 0 {
            let isCopying = try second.halt { second.outputSoFar.contains("\"copying\"") }
            #expect(isCopying)
            second.signal(signal)
            second.resume()
        }
        #expect(try second.wait(seconds: 30).status == (signal == 0 ? 75 : 143))
        first.resume()
        #expect(try first.wait().status == 0)
        #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
    }

    // MARK: Names

    @Test func namesThatAreTooLong() throws {
        try sandbox.write(["src/a": "1"])
        let long = String(repeating: "n", count: 256)
        let document = try sandbox.fail(78, "file_mounts: {\(sandbox.path(long)): {source: ./src}}")
        #expect(document.diagnostics.contains { $0.contains("256 bytes") })
        let tooLong = "src/" + String(repeating: "n", count: 256)
        try sandbox.fail(66, "file_mounts: {\(sandbox.destination): ./\(tooLong)}")
        #expect(!Files.isThere(sandbox.destination))
    }

    /// Paths longer than the kernel takes at once, of names that are short enough.
    @Test mutating func deepTrees() throws {
        var folder = sandbox.source
        for _ in 0..<14 {
            folder += "/" + String(repeating: "s", count: 250)
            try Files.makeFolder(folder)
        }
        try Files.write("deep", to: folder + "/f")
        for _ in 0..<3 { sandbox.destination += "/" + String(repeating: "d", count: 250) }
        try sandbox.succeed(sandbox.task())
        #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
        let second = try sandbox.succeed(sandbox.task())
        #expect(second.objects == ["total": 1, "done": 0, "skipped": 1])
    }
}

import Foundation
import Glibc
import TestSupport
import Testing

extension MountedBuckets {
    /// What a cache has whole is read by the kernel itself, also while nobody serves.
    @Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure), .onPassingKernel) struct PassingReadTests {
        private let bucket: BucketSandbox
        private let sandbox: MountSandbox
        private let reader: OrderedReader

        private static let old = BucketSandbox.bytes(9_000_001)
        private static let new = BucketSandbox.bytes(9_000_001, seed: 2)

        init() async throws {
            bucket = try await BucketSandbox(["f": Self.old])
            sandbox = try MountSandbox(reading: bucket)
            reader = try OrderedReader(of: sandbox.destination + "/f", sandbox)
        }

        private func mount(_ keys: String = "") throws {
            try sandbox.expect(0, sandbox.task(of: bucket, "cache: {dir: \(sandbox.path("cache"))}\(keys)"))
        }

        private func digest(_ bytes: [UInt8]) throws -> String {
            try Files.write(bytes, to: Array(sandbox.path("right").utf8))
            return String(try sandbox.output("md5sum < \(sandbox.path("right"))").prefix(32))
        }

        /// Mounts, and has all of the file in the cache, checked by the session that serves.
        private func mountAndRead(_ keys: String = "") throws {
            try mount(keys)
            try readUntilKept()
        }

        private func readUntilKept() throws {
            let right = try digest(Self.old)
            try sandbox.wait("everything kept") {
                #expect(try reader.ask("open 0", "read 0", "drop 0", "close 0")[1] == right)
                // What has room on the disk; the file is as long as the object with its last part alone.
                let blocks = try sandbox.output("find \(sandbox.path("cache")) -name '*.data' -printf '%b\n'")
                return blocks.split(separator: "\n").contains { Int($0) ?? 0 >= Self.old.count / 512 }
            }
        }

        private func session() throws -> Int32 { try #require(try sandbox.status().process) }

        /// Whether this is answered while the session does nothing. What the kernel remembers is dropped before.
        private func isAnsweredByNobody(_ order: String, _ right: String, seconds: Int = 20) throws -> Bool {
            try reader.ask("drop " + order.suffix(1))
            let session = try session()
            kill(session, SIGSTOP)
            defer { kill(session, SIGCONT) }
            try reader.say(order)
            let answer = try reader.answer(seconds: seconds)
            kill(session, SIGCONT)
            #expect(try answer ?? reader.answer() == right)
            return answer != nil
        }

        @Test func theKernelReadsByItself() throws {
            try mountAndRead()
            let right = try digest(Self.old)
            // The last of it may still be on its way into the cache.
            try sandbox.wait("read without the session", seconds: 60) {
                try reader.ask("open 1")
                if try isAnsweredByNobody("read 1", right, seconds: 5) { return true }
                try reader.ask("close 1")
                return false
            }
            try reader.ask("open 2", "past 3")
            #expect(try isAnsweredByNobody("map 2", right))
            #expect(try reader.ask("read 3") == [right])
            // Another mount of the same may not: its session has checked nothing of it yet.
            try reader.ask("close 1", "close 2", "close 3")
            #expect(try sandbox.verb("down").status == 0)
            try mount()
            try reader.ask("open 1")
            #expect(try isAnsweredByTheSession("read 1", right))
            try reader.ask("close 1", "open 1")
            #expect(try isAnsweredByNobody("read 1", right))
        }

        /// What the kernel is asked to drop it need not drop.
        private func isAnsweredByTheSession(_ order: String, _ right: String) throws -> Bool {
            for _ in 0..<3 where try !isAnsweredByNobody(order, right, seconds: 1) { return true }
            return false
        }

        /// Every read is to be checked, or what is mounted may be written to.
        @Test(arguments: [", checksum: full", ", read_only: false"])
        func whatIsToComeThroughUs(keys: String) throws {
            let task = sandbox.task(of: bucket, "cache: {dir: \(sandbox.path("cache"))}")
            let other =
                keys.contains("read_only")
                ? task.replacing(", read_only: true", with: "") : task.replacing("}}}", with: "}\(keys)}}")
            #expect(other != task)
            try sandbox.expect(0, other)
            let right = try digest(Self.old)
            try readUntilKept()
            #expect(try reader.ask("open 0", "read 0", "drop 0", "close 0", "open 1")[1] == right)
            #expect(try isAnsweredByTheSession("read 1", right))
        }

        /// What is kept is read on by who has it open, through us as well, when the bucket has something shorter or nothing.
        @Test(.only(.seaweedFS), arguments: ["", ", checksum: full"], [false, true])
        func whatIsKeptIsReadOn(keys: String, isDeleted: Bool) async throws {
            try mountAndRead(keys)
            let right = try digest(Self.old)
            try reader.ask("open 1")
            if isDeleted {
                try await bucket.server.delete(["f"], in: bucket.bucket)
            } else {
                try await bucket.put(["f": [1, 2, 3]])
            }
            try await Task.sleep(for: .milliseconds(1300))
            #expect(try sandbox.shell("wc -c < $M/f").output == (isDeleted ? "" : "3\n"))
            #expect(try reader.ask("drop 1", "read 1")[1] == right)
            // Whoever waits for it to grow learns that it will not.
            #expect(try reader.ask("size 1") == ["ESTALE"])
        }

        /// Who had it open before it was whole hinders nobody, but keeps the others from it.
        @Test func oneThatWasOpenBefore() throws {
            try mount()
            try reader.ask("open 9")
            try mountAndRead()
            let right = try digest(Self.old)
            #expect(try reader.ask("open 1", "read 1", "read 9") == ["None", right, right])
            #expect(try isAnsweredByTheSession("read 1", right))
            try reader.ask("close 9", "close 1", "open 1")
            #expect(try isAnsweredByNobody("read 1", right))
        }

        @Test func anotherVersion() async throws {
            try mountAndRead()
            let (old, new) = (try digest(Self.old), try digest(Self.new))
            try reader.ask("open 1")
            try await bucket.put(["f": Self.new])
            try sandbox.wait("the new version") {
                let read = try reader.ask("open 2", "read 2")[1]
                guard read != new else { return true }
                #expect(read == old)
                try reader.ask("close 2")
                return false
            }
            #expect(try isAnsweredByNobody("read 1", old))
            #expect(try reader.ask("read 2", "open 3", "read 3") == [new, "None", new])
            try sandbox.wait("its attributes are gone") { try reader.ask("size 1") == ["ESTALE"] }
            #expect(try reader.ask("read 1", "size 2") == [old, "9000001"])
            try reader.ask("close 1", "close 2", "close 3")
            try sandbox.wait("the new version is whole") {
                #expect(try reader.ask("open 4", "read 4", "drop 4")[1] == new)
                defer { _ = try? reader.ask("close 4") }
                return try isAnsweredByNobody("read 4", new, seconds: 1)
            }
        }

        /// The kernel goes on, and the next session knows of it.
        @Test func aSessionIsKilled() throws {
            try mountAndRead()
            let right = try digest(Self.old)
            try reader.ask("open 1", "open 2")
            for round in 0..<3 {
                let session = try session()
                kill(session, SIGKILL)
                #expect(
                    try reader.ask("read 1", "open 3", "read 3", "map 3", "close 3") == [
                        "\(right)", "None", right, right, "None",
                    ])
                try sandbox.wait("another session") { try sandbox.status().process.map { $0 != session } ?? false }
                #expect(try isAnsweredByNobody("read 2", right), "round \(round)")
            }
            try reader.ask("close 1", "close 2")
            // Nothing of it was checked by this session.
            try reader.ask("open 1")
            #expect(try isAnsweredByTheSession("read 1", right))
            try reader.ask("close 1", "open 1")
            #expect(try isAnsweredByNobody("read 1", right))
        }
    }
}

extension Trait where Self == ConditionTrait {
    fileprivate static var onPassingKernel: Self {
        .enabled("the kernel is older than 6.9, and cannot read a file in the place of another") {
            var system = utsname()
            guard uname(&system) == 0 else { return false }
            let release = withUnsafeBytes(of: &system.release) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
            return numbers.count == 2 && (numbers[0], numbers[1]) >= (6, 9)
        }
    }
}

/// A program that has a file open and does with it what it is told, see `readers.py`.
private final class OrderedReader {
    private let running: RunningProgram
    private let orders: FileHandle
    private var answers = 0

    init(of path: String, _ sandbox: MountSandbox) throws {
        try sandbox.write(["orders": ""])
        orders = try FileHandle(forWritingTo: URL(fileURLWithPath: sandbox.path("orders")))
        let script = Judge.project.appending(path: "Tests/EndToEnd/Mount/readers.py").path
        running = try Program.start(["python3", script, "obey", path, sandbox.path("orders")])
    }

    func say(_ order: String) throws { try orders.write(contentsOf: Data("\(order)\n".utf8)) }

    /// The next; nothing when it does not come in time.
    func answer(seconds: Int = 30) throws -> String? {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            let lines = running.outputSoFar.split(separator: "\n", omittingEmptySubsequences: false)
            if lines.count > answers + 1 {
                answers += 1
                return String(lines[answers - 1])
            }
            usleep(2000)
        }
        return nil
    }

    @discardableResult
    func ask(_ orders: String...) throws -> [String] {
        try orders.map { order in
            try say(order)
            return try #require(try answer(), "\(order)")
        }
    }
}

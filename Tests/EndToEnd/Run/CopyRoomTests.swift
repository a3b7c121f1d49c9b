import Foundation
import TestSupport
import Testing

extension CopyFaults {
    /// Disks that are full, or become full.
    @Suite struct Room {
        private var sandbox: CopySandbox
        private static let canMount = MountedFolder.isPossible
        private static let cannotMount = Comment(rawValue: MountedFolder.absence)

        init() throws {
            sandbox = try CopySandbox()
        }

        @Test(.enabled(if: canMount, cannotMount))
        mutating func aDiskThatFillsInTheMiddle() throws {
            let mounted = try MountedFolder("size=24m")
            sandbox.destination = mounted.path + "/dst"
            try sandbox.makeFiles(200, bytes: 50_000)
            let running = try sandbox.halted(after: 3, of: 200)
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
            try CopySandbox.expectFilesStayed(from: before, to: FileTree(sandbox.destination))
        }

        @Test(.enabled(if: canMount, cannotMount))
        mutating func refusedBeforeTheFirstByte() throws {
            let mounted = try MountedFolder("size=2m")
            sandbox.destination = mounted.path + "/dst"
            try sandbox.makeFiles(3, bytes: 1 << 20)
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
            try sandbox.makeFiles(2, bytes: 1 << 20)
            try sandbox.fail(
                28, "file_mounts: {\(mounted.path)/1: {source: ./src}, \(mounted.path)/2: {source: ./src}}")
            #expect(FileTree(mounted.path).names == [])
        }

        @Test(.enabled(if: canMount, cannotMount))
        mutating func whatIsInPlaceIsNotCountedTwice() throws {
            let mounted = try MountedFolder("size=5m")
            sandbox.destination = mounted.path + "/dst"
            try sandbox.makeFiles(3, bytes: 1 << 20)
            try sandbox.succeed(sandbox.task())
            #expect(try sandbox.succeed(sandbox.task()).objects["skipped"] == 3)
            try Files.write("small", to: sandbox.source + "/small")
            #expect(try sandbox.succeed(sandbox.task()).objects == ["total": 4, "done": 1, "skipped": 3])
        }

        @Test(.enabled(if: canMount, cannotMount))
        mutating func inodesAreCountedAsWell() throws {
            let mounted = try MountedFolder("size=4m,nr_inodes=40")
            sandbox.destination = mounted.path + "/dst"
            try sandbox.makeFiles(60)
            let document = try sandbox.fail(28, sandbox.task())
            #expect(document.diagnostics.contains { $0.contains("not-enough-inodes") })
            #expect(FileTree(mounted.path).names == [])
        }

        /// Each would fit, both do not.
        @Test(.enabled(if: canMount, cannotMount))
        func inodesForAllMountsTogether() throws {
            let mounted = try MountedFolder("size=4m,nr_inodes=80")
            try sandbox.makeFiles(40)
            let task = "file_mounts: {\(mounted.path)/1: {source: ./src}, \(mounted.path)/2: {source: ./src}}"
            for options in [["--dry-run"], []] {
                let finished = try sandbox.run(task, options)
                try mounted.expectTooFewInodes(for: 2, finished)
            }
            try sandbox.succeed(task, "--only", mounted.path + "/1")
            #expect(FileTree(mounted.path + "/1").names.count == 40)
        }

        @Test(.enabled(if: canMount, cannotMount))
        mutating func inodesThatRunOutInTheMiddle() throws {
            let mounted = try MountedFolder("size=24m,nr_inodes=1600")
            sandbox.destination = mounted.path + "/dst"
            try sandbox.makeFiles(1500)
            let running = try sandbox.halted(after: 3, of: 1500)
            var neighbours = 0
            while (try? Files.write("", to: mounted.path + "/n\(neighbours)")) != nil { neighbours += 1 }
            running.resume()
            let finished = try running.wait()
            #expect(finished.status == 28, "\(finished.output)")
            #expect(sandbox.leftovers() == [])
            for index in 0..<neighbours { try Files.remove(mounted.path + "/n\(index)") }
            try sandbox.succeed(sandbox.task())
            #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
        }

        /// Without room for our own notes nothing is copied, and standard error says why there is no status file.
        @Test(.enabled(if: canMount, cannotMount))
        func noRoomForTheState() throws {
            let mounted = try MountedFolder("size=64k")
            try sandbox.makeFiles(3)
            let filler = ByteName((mounted.path + "/filler").utf8)
            #expect(throws: Files.Failure.self) { try Files.write([UInt8](repeating: 1, count: 1 << 20), to: filler) }
            let finished = try sandbox.run(sandbox.task(), ["--state-dir", mounted.path + "/state"])
            #expect(finished.status == 28, "\(finished.output)")
            #expect(finished.errors.contains("the status file in \(mounted.path)/state cannot be written"))
            #expect(sandbox.names == [])
        }
    }
}

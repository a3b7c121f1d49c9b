import Foundation
import TestSupport
import Testing

extension CopyFaults {
    /// Sources that change while they are copied.
    @Suite struct Changes {
        private let sandbox: CopySandbox

        init() throws {
            sandbox = try CopySandbox()
        }

        @Test func aSourceThatVanishes() throws {
            try sandbox.makeFiles(1500)
            let running = try sandbox.halted(after: 2, of: 1500)
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
            try sandbox.makeFiles(1500, bytes: 100)
            let running = try sandbox.halted(after: 2, of: 1500)
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

        /// A file that changes in front of and behind the place that is being read: old and new are not mixed. It comes from
        /// another file system, or the two could share its blocks in a moment.
        /// Also when its time is set back to what it was: that of the last change cannot be.
        @Test(
            .enabled(if: MountedFolder.isPossible, Comment(rawValue: MountedFolder.absence)), arguments: [false, true])
        func aSourceThatChangesBehindTheReader(setsTimeBack: Bool) throws {
            let mounted = try MountedFolder("size=200m")
            let path = mounted.path + "/big"
            let size = 192 << 20
            try Files.write([UInt8](repeating: 1, count: size), to: ByteName(path.utf8), modified: (1_600_000_000, 5))
            // Where nothing is yet, files have no name while they are written, and nobody could see how far one is.
            try sandbox.write(["dst/other": "x"])
            let running = try sandbox.start("file_mounts: {\(sandbox.destination): {source: \(mounted.path)}}")
            let wasReading = try running.halt { stagedBytes > 0 }
            try #require(wasReading && stagedBytes < size, "the copy had ended already")
            let file = open(path, O_WRONLY | O_CLOEXEC)
            #expect(pwrite(file, "new", 3, 0) == 3 && pwrite(file, "new", 3, off_t(size - 3)) == 3)
            if setsTimeBack {
                let times = [timespec(tv_sec: 1_600_000_000, tv_nsec: 5), timespec(tv_sec: 1_600_000_000, tv_nsec: 5)]
                #expect(futimens(file, times) == 0)
            }
            close(file)
            running.resume()
            #expect(try running.wait().status == 0)
            #expect(try Program.run(["cmp", path, sandbox.destination + "/big"]).status == 0)
            #expect(sandbox.leftovers() == [])
        }

        /// What of the first file has been written, under whatever name.
        private var stagedBytes: Int {
            let names = (try? FileManager.default.subpathsOfDirectory(atPath: sandbox.destination)) ?? []
            return names.map { name in
                var status = stat()
                let isFile = lstat(sandbox.destination + "/" + name, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
                return isFile ? Int(status.st_size) : 0
            }.max() ?? 0
        }

        /// A file that becomes a link or a pipe is not what was listed.
        @Test(arguments: ["link", "pipe"])
        func aSourceThatBecomesSomethingElse(kind: String) throws {
            try sandbox.makeFiles(1500)
            try sandbox.write(["secret": "secret"])
            let running = try sandbox.halted(after: 2, of: 1500)
            let name = sandbox.source + "/11499"
            try Files.remove(name)
            if kind == "link" { try Files.makeLink(name, to: sandbox.path("secret")) } else { try Files.makePipe(name) }
            running.resume()
            #expect(try running.wait().status == 74)
            #expect(!Files.isThere(sandbox.destination + "/11499"))
        }

        /// A folder that goes away, or leads elsewhere, has gone; nobody looks where it leads.
        @Test(arguments: ["nowhere", "outside"])
        func aFolderThatIsSwapped(target: String) throws {
            try sandbox.makeFiles(1500)
            try sandbox.write(["src/z/file": "1", "outside/file": "secret"])
            let running = try sandbox.halted(after: 2, of: 1500)
            try Files.rename(sandbox.source + "/z", to: sandbox.path("away"))
            if target == "outside" { try Files.makeLink(sandbox.source + "/z", to: sandbox.path(target)) }
            running.resume()
            let finished = try running.wait()
            #expect(finished.status == 74, "\(finished.output)")
            #expect(try Document(finished).mounts.first?.code == "source-changed")
            #expect(!Files.isThere(sandbox.destination + "/z/file"))
        }

        /// What is copied is the folder that was listed, wherever it is moved.
        @Test func aSourceThatIsMoved() throws {
            try sandbox.makeFiles(1500)
            let source = FileTree(sandbox.source)
            let running = try sandbox.halted(after: 2, of: 1500)
            try Files.rename(sandbox.source, to: sandbox.path("moved"))
            try sandbox.write(["src/11499": "another"])
            running.resume()
            #expect(try running.wait().status == 0)
            #expect(FileTree(sandbox.destination).differences(from: source) == [])
        }

        /// What came after the listing comes with the next run.
        @Test func aSourceThatGetsMore() throws {
            try sandbox.makeFiles(1500)
            let running = try sandbox.halted(after: 2, of: 1500)
            try sandbox.write(["src/late": "1", "src/folder/late": "1"])
            running.resume()
            let first = try running.wait()
            #expect(first.status == 0)
            #expect(try Document(first).objects["done"] == 1500)
            #expect(try sandbox.succeed(sandbox.task()).objects == ["total": 1502, "done": 2, "skipped": 1500])
            #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
        }
    }
}

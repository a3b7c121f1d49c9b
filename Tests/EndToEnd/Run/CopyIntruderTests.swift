import Foundation
import TestSupport
import Testing

extension CopyFaults {
    /// Others who may write where the destination is.
    @Suite struct Intruders {
        private let sandbox: CopySandbox

        init() throws {
            sandbox = try CopySandbox()
        }

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
            try sandbox.makeFiles(1500)
            try sandbox.write(["outside/mine": "mine"])
            let running = try sandbox.halted(after: 2, of: 1500)
            try Files.rename(sandbox.destination, to: sandbox.path("moved"))
            try Files.makeLink(sandbox.destination, to: sandbox.path("outside"))
            running.resume()
            _ = try running.wait()
            #expect(FileTree(sandbox.path("outside")).names == ["mine"])
            #expect(sandbox.leftovers(in: sandbox.path("moved")) == [])
        }

        /// Another user owns the folder in which the destination stands, and swaps the destination for a link of theirs all the
        /// time: root never writes where it leads.
        @Test(
            .enabled(if: geteuid() == 0, "becoming another user takes root"),
            .enabled(if: Program.isInstalled("perl"), "perl is not installed"), arguments: ["dst", "dst/x"])
        func anotherUsersFolder(destination: String) throws {
            try sandbox.write(["outside/mine": "mine", "theirs/dst/own": "theirs"])
            for index in 0..<100 { try Files.write("new", to: sandbox.source + "/\(index)") }
            for name in ["theirs", "theirs/dst"] { try Files.setOwner(sandbox.path(name), 65534) }
            let swap =
                "while (1) { rename 'dst', 'away'; symlink '../outside', 'dst'; unlink 'dst'; rename 'away', 'dst' }"
            let words = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "perl", "-e", swap]
            let swapper = try Program.start(words, in: sandbox.path("theirs"))
            defer { swapper.signal(SIGKILL) }
            let task = "file_mounts: {\(sandbox.path("theirs/" + destination)): {source: ./src}}"
            for _ in 0..<30 {
                let finished = try sandbox.run(task)
                #expect([0, 73, 74].contains(finished.status), "\(finished.status) \(finished.output)")
                try #require(FileTree(sandbox.path("outside")).names == ["mine"])
            }
            #expect(try swapper.isRunning)
            #expect(sandbox.content("outside/mine") == "mine")
        }

        /// A second name of somebody's file is replaced, not written to.
        @Test func aHardLinkAtTheDestination() throws {
            try sandbox.write(["src/file": "new content", "outside/mine": "mine", "dst/own": ""])
            try Files.makeHardLink(sandbox.destination + "/file", to: sandbox.path("outside/mine"))
            let before = FileTree(sandbox.path("outside"))
            try sandbox.succeed(sandbox.task())
            #expect(sandbox.content("dst/file") == "new content")
            #expect(FileTree(sandbox.path("outside")).below == before.below)
        }

        /// In a folder such as /tmp a user may make names, but not replace those of others.
        @Test(.enabled(if: geteuid() == 0, "becoming another user takes root"))
        func aStickyFolder() throws {
            try sandbox.write(["src/file": "new content", "dst/file": "root's"])
            try Files.setMode(sandbox.destination, 0o1777)
            try Files.setOwner(sandbox.folder.path, 65534)
            let finished = try sandbox.run(sandbox.task(), asUser: 65534)
            #expect(finished.status == 73, "\(finished.output)")
            #expect(try Document(finished).mounts.first?.code == "destination-denied")
            #expect(sandbox.content("dst/file") == "root's")
            #expect(sandbox.leftovers() == [])
        }
    }
}

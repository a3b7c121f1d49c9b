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
    }
}

import Foundation
import TestSupport
import Testing

extension CopyFaults {
    /// Two copies to one destination.
    @Suite struct Together {
        private let sandbox: CopySandbox

        init() throws {
            sandbox = try CopySandbox()
        }

        @Test func theSecondSkipsWhatTheFirstHasCopied() throws {
            try sandbox.makeFiles(1500)
            let first = try sandbox.halted(after: 2, of: 1500)
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
            try sandbox.makeFiles(1500)
            let first = try sandbox.halted(after: 2, of: 1500)
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

        /// However many begin at one moment, each file is copied once, and all of them end well.
        @Test func manyAtOnce() throws {
            try sandbox.makeFiles(400)
            let words = try sandbox.words(sandbox.task(), ["--jobs", "2"])
            let running = try (0..<6).map { _ in try Program.start(words, in: sandbox.folder.path) }
            let finished = try running.map { try $0.wait(seconds: 60) }
            #expect(finished.map(\.status) == [0, 0, 0, 0, 0, 0])
            let done = try finished.reduce(0) { try $0 + (Document($1).objects["done"] ?? 0) }
            #expect(done == 400)
            #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
        }

        /// Two tasks that put different things into one folder do not undo each other.
        @Test func twoTasksInOneFolder() throws {
            try sandbox.makeFiles(300)
            for index in 0..<300 { try sandbox.write(["other/b\(index)": "\(index)"]) }
            try sandbox.folder.write("file_mounts: {\(sandbox.destination): {source: ./other}}", to: "other.yaml")
            let words = try sandbox.words(sandbox.task(), [])
            let first = try Program.start(words, in: sandbox.folder.path)
            let second = try Program.start(
                words.map { $0 == "task.yaml" ? "other.yaml" : $0 }, in: sandbox.folder.path)
            #expect(try [first, second].map { try $0.wait(seconds: 60).status } == [0, 0])
            #expect(sandbox.names.count == 600)
            #expect(sandbox.leftovers() == [])
        }
    }
}

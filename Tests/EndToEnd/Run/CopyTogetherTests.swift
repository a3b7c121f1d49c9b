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
    }
}

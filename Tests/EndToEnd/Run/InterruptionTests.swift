import Foundation
import TestSupport
import Testing

/// Runs that are asked to end.
@Suite(.apart) struct InterruptionTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
    }

    private func makeManyFiles() throws {
        for index in 0..<1500 { try Files.write("\(index)", to: sandbox.source + "/\(index)") }
    }

    @Test(arguments: [(SIGHUP, 129), (SIGINT, 130), (SIGQUIT, 131), (SIGTERM, 143)])
    func signals(number: Int32, status: Int) throws {
        try makeManyFiles()
        let running = try sandbox.start(sandbox.task(), ["--jobs", "1"])
        #expect(try running.halt { Files.isThere(sandbox.destination + "/0") })
        running.signal(number)
        running.resume()
        let finished = try running.wait()
        #expect(Int(finished.status) == status)
        let document = try Document(finished)
        #expect(document.exitCode == status)
        #expect(try #require(document.objects["done"]) < 1500)
        #expect(sandbox.leftovers() == [])
        let second = try sandbox.succeed(sandbox.task())
        #expect(second.objects["skipped"] == document.objects["done"])
        #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
    }

    /// The time limit has long passed when the copy may go on.
    @Test func timeLimit() throws {
        try makeManyFiles()
        let running = try sandbox.start(sandbox.task(), ["--jobs", "1", "--timeout", "1ms"])
        let document = try Document(try running.wait())
        #expect(document.exitCode == 75)
        #expect(sandbox.leftovers() == [])
        try sandbox.succeed(sandbox.task())
        #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
    }
}

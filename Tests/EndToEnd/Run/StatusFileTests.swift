import Foundation
import TestSupport
import Testing

/// `STATE-DIR/NAME/status.json` and the folder that it is in.
@Suite(.apart) struct StatusFileTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
    }

    private func status() throws -> [String: Any] {
        let data = try Data(contentsOf: URL(filePath: sandbox.state + "/task/status.json"))
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func state() throws -> String? {
        (try status()["mounts"] as? [[String: Any]])?.first?["state"] as? String
    }

    @Test func isThereWhileTheRunGoesOn() throws {
        for number in 0..<1500 { try sandbox.write(["src/\(number)": "x"]) }
        let running = try sandbox.start(sandbox.task())
        let isHalted = try running.halt { sandbox.names.count > 3 && (try? state()) == "copying" }
        #expect(isHalted)
        running.resume()
        #expect(try running.wait().status == 0)
        #expect(try state() == "copied")
    }

    @Test(.enabled(if: MountedFolder.isPossible, "\(MountedFolder.absence)"))
    func aStateFolderInMemoryIsWarnedOf() throws {
        try sandbox.write(["src/file": "x"])
        let memory = try MountedFolder("size=1m")
        let inMemory = try sandbox.run(sandbox.task(), ["--state-dir", memory.path + "/state"])
        #expect(inMemory.status == 0)
        #expect(inMemory.errors.contains("is in memory (tmpfs)"))
        let quiet = try sandbox.run(sandbox.task(), ["--state-dir", memory.path + "/state", "-q"])
        #expect(!quiet.errors.contains("tmpfs"))
    }
}

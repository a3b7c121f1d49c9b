import Foundation
import TestSupport
import Testing

@testable import Cache

/// Several processes fill and read one cache, and are killed at any moment.
@Suite(.apart) struct SeveralProcessesTests {
    private static let writer: String = {
        let parts = Program.provision.split(separator: "/").dropLast()
        return "/" + parts.joined(separator: "/") + "/cache-writer"
    }()

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func start(_ seed: Int, size: Int, rounds: Int? = nil) throws -> RunningProgram {
        try Program.start(
            [Self.writer, folder.path("cache"), String(size), String(seed)] + (rounds.map { [String($0)] } ?? []))
    }

    /// Nobody reads a wrong byte. The limit is small enough for entries to go all the time.
    @Test(arguments: [3 << 20, 1 << 30])
    func atOnce(size: Int) throws {
        let programs = try (0..<4).map { try start($0, size: size, rounds: 150) }
        for program in programs {
            let finished = try program.wait(seconds: 120)
            #expect(finished.status == 0, "\(finished)")
        }
    }

    @Test func killed() throws {
        var random = SeededGenerator(seed: 7)
        let kills = getenv("PROVISION_TEST_KILLS").flatMap { Int(String(cString: $0)) } ?? 12
        for round in 0..<kills {
            let programs = try (0..<2).map { try start(round * 2 + $0, size: round % 2 == 0 ? 20 << 20 : 1 << 30) }
            usleep(UInt32.random(in: 20_000...200_000, using: &random))
            for program in programs {
                #expect(try program.isRunning)
                program.signal(SIGKILL)
                _ = try program.wait()
            }
        }
        let finished = try start(1000, size: 1 << 30, rounds: 300).wait(seconds: 120)
        #expect(finished.status == 0, "\(finished)")
    }
}

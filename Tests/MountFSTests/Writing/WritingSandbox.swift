import Glibc
import ObjectStore
import Platform
import Synchronization
import Testing

@testable import MountFS

/// A bucket, a mount that is written to, and a program on it.
final class WritingSandbox: Sendable {
    let bucket: MemoryBucket
    /// The session's way to the bucket, for tests that kill the session.
    let line: SessionLine
    let staging: TestStaging
    let mount: TestMount
    let program: TestProgram

    init(
        _ commit: CommitMode = .close, _ objects: [String: String] = [:], bucket: MemoryBucket = .writable(),
        _ change: (inout WritingSettings) -> Void = { _ in }
    ) throws {
        self.bucket = bucket
        for (key, text) in objects { bucket.set(ObjectKey(key), Array(text.utf8)) }
        _ = bucket.takeCalls()
        line = SessionLine(bucket)
        staging = try TestStaging(commit, change)
        mount = try TestMount(line, staging: staging)
        program = TestProgram(mount)
    }

    /// Another mount of the same bucket.
    func elsewhere() throws -> TestProgram {
        TestProgram(try TestMount(bucket, staging: try TestStaging()), process: 500)
    }

    /// The session and all programs are killed; the task is run again.
    func runAgain(_ change: (inout WritingSettings) -> Void = { _ in }) throws -> TestMount {
        line.cut()
        _ = bucket.takeCalls()
        return try TestMount(bucket, staging: try staging.afterKill(change))
    }

    /// What a kept file holds.
    func bytes(of kept: KeptFile) throws -> String {
        String(decoding: try FileReading.bytes(of: kept.file.text, limit: 1 << 30), as: UTF8.self)
    }
}

/// A call that a test does not wait for at once.
final class Begun: Sendable {
    private let ended = Mutex<Result<Void, any Error>?>(nil)

    init(_ body: @escaping @Sendable () async throws -> Void) {
        Task {
            do {
                try await body()
                ended.withLock { $0 = .success(()) }
            } catch {
                ended.withLock { $0 = .failure(error) }
            }
        }
    }

    var hasEnded: Bool { ended.withLock { $0 != nil } }

    /// As the call has ended.
    func end(at location: SourceLocation = #_sourceLocation) async throws {
        guard await soon({ hasEnded }) else { throw NeverEnded() }
        try ended.withLock { $0 }!.get()
    }

    struct NeverEnded: Error {}
}

/// One error of the system's, by name.
func expectError(
    _ code: Int32, at location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
    await #expect(throws: SystemError(code: code), sourceLocation: location) { try await body() }
}

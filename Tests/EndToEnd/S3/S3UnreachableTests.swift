import Foundation
import TestSupport
import Testing

/// Endpoints where nobody is. All attempts take their time, so that both are asked at once.
@Suite struct S3UnreachableTests {
    @Test func nobodyAnswers() async throws {
        let files = try CopySandbox()
        let port = try FreePorts.take(1)[0]
        let task = """
            providers:
              silent: {provider: minio, endpoint: "http://127.0.0.1:\(port)", access_key: x, secret_key: y}
              unknown: {provider: minio, endpoint: "http://no-such-host.invalid:9000", access_key: x, secret_key: y}
            file_mounts:
              \(files.destination)/a: {source: s3://team-data, mode: COPY, provider: silent}
              \(files.destination)/b: {source: s3://team-data, mode: COPY, provider: unknown}
            """
        let words = try files.words(task, ["--dry-run"])
        let finished = try await Program.start(words, in: files.folder.path).end()
        #expect(finished.status == 69, "\(finished.output)")
        let problems = try Document(finished).diagnostics.filter { $0.hasPrefix("error unreachable") }
        #expect(problems.count == 2)
        #expect(problems.contains { $0.contains("no-such-host.invalid") })
        #expect(problems.contains { $0.contains("127.0.0.1:\(port)") })
        #expect(!Files.isThere(files.destination))
    }
}

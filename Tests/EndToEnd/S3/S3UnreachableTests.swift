import Foundation
import TestSupport
import Testing

/// Endpoints where nobody is: that is told soon. How soon, `PatienceTests` say; here nobody hangs.
@Suite struct S3UnreachableTests {
    @Test(arguments: [["--dry-run"], []]) func nobodyAnswers(options: [String]) async throws {
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
        let words = try files.words(task, options)
        let finished = try await Program.start(words, in: files.folder.path).end(seconds: 30)
        #expect(finished.status == 69, "\(finished.output)")
        let problems = try Document(finished).diagnostics.filter { $0.hasPrefix("error unreachable") }
        #expect(problems.count == 2)
        #expect(problems.contains { $0.contains("no-such-host.invalid") })
        #expect(problems.contains { $0.contains("127.0.0.1:\(port)") })
        #expect(!Files.isThere(files.destination))
    }

    /// Packets that vanish: the time to connect, once, and not again for every question.
    @Test(arguments: [["--dry-run"], [], ["check"]]) func nobodyEvenRefuses(words: [String]) async throws {
        let files = try CopySandbox()
        let full = try FullListener()
        let environment = [
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(full.port)", "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y", "AWS_EC2_METADATA_DISABLED": "true",
        ]
        let task = "file_mounts: {\(files.destination): s3://team-data/key}"
        let all =
            words == ["check"] ? [Program.provision, "check", "s3://team-data/key"] : try files.words(task, words)
        let finished = try await Program.start(all, environment: environment, in: files.folder.path).end(seconds: 20)
        #expect(finished.status == 69, "\(finished.output)\(finished.errors)")
        withExtendedLifetime(full) {}
    }

    /// Name servers that say nothing: the lookup itself would take half a minute, and nobody waits for its end.
    @Test(.enabled(if: MountedFolder.isPossible, Comment(rawValue: MountedFolder.absence)))
    func silentNameServers() async throws {
        let files = try CopySandbox()
        let servers = try SilentNameServers(3)
        try files.folder.write(servers.configuration, to: "resolv.conf")
        let environment = [
            "AWS_ENDPOINT_URL_S3": "http://store.example:9000", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y",
            "AWS_EC2_METADATA_DISABLED": "true",
        ]
        let mounted = [
            "unshare", "-m", "sh", "-c", "mount --bind resolv.conf /etc/resolv.conf && exec \"$@\"", "sh",
        ]
        let words = try files.words("file_mounts: {\(files.destination): s3://team-data}", ["--dry-run"])
        let finished = try await Program.start(mounted + words, environment: environment, in: files.folder.path)
            .end(seconds: 25)
        #expect(finished.status == 69, "\(finished.output)\(finished.errors)")
        #expect(finished.output.contains("store.example"), "\(finished.output)\(finished.errors)")
        withExtendedLifetime(servers) {}
    }
}

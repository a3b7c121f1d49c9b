import Glibc
import TestSupport
import Testing

extension MountedTasks {
    /// What sessions are told of the run: how much memory they may take, and its environment.
    @Suite struct MountOrderTests {
        /// Control characters take six times their room on the way.
        @Test(arguments: [("x", 9, true), ("x", 12, false), ("\u{1}", 16, false)])
        func aLargeEnvironment(letter: String, count: Int, fits: Bool) throws {
            let sandbox = try MountSandbox(of: ["a": "hello\n"])
            for number in 0..<count {
                sandbox.environment["LARGE\(number)"] = String(repeating: letter, count: 100_000)
            }
            let run = try sandbox.expect(fits ? 0 : 71, sandbox.task())
            if !fits {
                let error = try #require(run.mounts.first?.error)
                #expect(error["code"] as? String == "session" && error["retryable"] as? Bool == false, "\(error)")
                #expect((error["message"] as? String)?.contains("the environment is too large") == true, "\(error)")
                #expect((error["hint"] as? String)?.contains("fewer variables") == true, "\(error)")
                // Nothing of it was begun.
                #expect(sandbox.supervisors == [] && sandbox.mounts == [])
                sandbox.environment = [:]
                try sandbox.expect(0, sandbox.task())
            }
            #expect(try sandbox.output("cat $M/a") == "hello\n")
        }

        /// The mounts of a task share its memory evenly: reads that want more than the part of their mount wait.
        @Test(.onSeaweedFS, arguments: [(1, 12), (4, 8)])
        func memoryIsShared(mounts: Int, reads: Int) async throws {
            let (bucket, proxy, sandbox) = try await MountSandbox.ofBucket(["large": BucketSandbox.bytes(32 << 20)])
            let entries = (0..<mounts).map {
                "\(sandbox.path("m\($0)")): \(sandbox.entry(bucket.url))"
            }
            // Half of it is the program's own.
            try sandbox.expect(0, "file_mounts: {\(entries.joined(separator: ", "))}", "--max-memory", "64MiB")
            proxy.add(Fault(.stall(after: 0), of: "/large", times: 1000))
            let file = sandbox.path("m0/large")
            // None of them looks as if it would go on.
            let readers = try (0..<12).map { number in
                try sandbox.start("exec dd if=\(file) of=/dev/null bs=1M count=1 skip=\(2 * number + 1) iflag=direct")
            }
            defer { for reader in readers { reader.signal(SIGTERM) } }
            try sandbox.wait("reads that have memory") { proxy.done[0] >= reads }
            usleep(500_000)
            #expect(proxy.done == [reads], "\(proxy.reads.map { $0.request["Range"] ?? "-" })")
        }

        /// So they do its requests at once, and its copies have a part as well.
        @Test(.onSeaweedFS, arguments: [(1, false, 8), (2, false, 4), (3, true, 2)])
        func requestsAreShared(mounts: Int, hasCopy: Bool, reads: Int) async throws {
            let (bucket, proxy, sandbox) = try await MountSandbox.ofBucket(["large": BucketSandbox.bytes(32 << 20)])
            var entries = (0..<mounts).map { "\(sandbox.path("m\($0)")): \(sandbox.entry(bucket.url))" }
            if hasCopy { entries.append("\(sandbox.path("copy")): {source: \(bucket.url), mode: COPY}") }
            try sandbox.expect(0, "file_mounts: {\(entries.joined(separator: ", "))}", "--jobs", "8")
            proxy.add(Fault(.stall(after: 0), of: "/large", times: 1000))
            let readers = try (0..<12).map { number in
                try sandbox.start(
                    "exec dd if=\(sandbox.path("m0/large")) of=/dev/null bs=1M count=1 skip=\(2 * number + 1) iflag=direct"
                )
            }
            defer { for reader in readers { reader.signal(SIGTERM) } }
            try sandbox.wait("reads that are let through") { proxy.done[0] >= reads }
            usleep(500_000)
            #expect(proxy.done == [reads], "\(proxy.reads.map { $0.request["Range"] ?? "-" })")
        }

        /// Sessions do not stand where the run stood.
        @Test(.onSeaweedFS, arguments: ["of the entry", "of the home folder", "of the environment"])
        func relativePaths(place: String) async throws {
            let authority = try TestAuthority.shared.get()
            var bucket = try await BucketSandbox(.text(["a": "hello\n"]))
            let secure = try FaultProxy(to: bucket.port, identity: try authority.identity("good"))
            bucket.environment["AWS_ENDPOINT_URL_S3"] = "https://127.0.0.1:\(secure.port)"
            let sandbox = try MountSandbox(reading: bucket)
            try sandbox.write(["trusted/authority.pem": TemporaryFolder.text(of: authority.file)])
            let file = (place == "of the home folder" ? "~/" : "") + "trusted/authority.pem"
            sandbox.environment["HOME"] = sandbox.files.folder.path
            if place == "of the environment" {
                sandbox.environment["SSL_CERT_FILE"] = file
                try sandbox.expect(0, sandbox.task(of: bucket))
            } else {
                try sandbox.expect(0, sandbox.task(of: bucket, "tls_verify: \(file)"))
            }
            let session = try #require(sandbox.sessions.first)
            kill(session, SIGKILL)
            try sandbox.wait("another session") { sandbox.sessions != [session] && !sandbox.sessions.isEmpty }
            #expect(try sandbox.output("cat $M/a") == "hello\n")
            #expect(secure.reads.count > 0)
        }
    }
}

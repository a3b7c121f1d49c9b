import Foundation
import TestSupport
import Testing

extension MountedTasks {
    /// Buckets as mounts.
    @Suite(.onSeaweedFS) struct MountS3Tests {
        private let bucket: S3Sandbox
        private let sandbox: MountSandbox

        init() async throws {
            bucket = try await S3Sandbox()
            try await bucket.put(["a.txt": "hello\n", "deep/er/b": "deep\n"])
            sandbox = try MountSandbox(reading: bucket)
        }

        private func task(_ source: String, _ keys: String = "") -> String {
            "file_mounts: {\(sandbox.destination): \(sandbox.entry(source, keys))}"
        }

        @Test func isAFolder() async throws {
            let run = try sandbox.expect(0, task("s3://\(bucket.bucket)"))
            #expect(run.mounts.first?.json["identity"] as? String != nil)
            #expect(
                try sandbox.output("cd $M && find . -type f | sort && cat a.txt deep/er/b")
                    == "./a.txt\n./deep/er/b\nhello\ndeep\n")
            // What comes into the bucket later is seen.
            try await bucket.put(["new": "later\n"])
            try sandbox.wait("the new object") { try sandbox.shell("cat $M/new").output == "later\n" }
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expectNothingLeft()
        }

        @Test func aPrefixAndAnObject() throws {
            try sandbox.expect(0, task("s3://\(bucket.bucket)/deep/"))
            #expect(try sandbox.output("cat $M/er/b") == "deep\n")
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expect(0, task("s3://\(bucket.bucket)/deep"))
            #expect(try sandbox.output("cat $M/er/b") == "deep\n")
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expect(0, task("s3://\(bucket.bucket)", "key_prefix: deep/er/"))
            #expect(try sandbox.output("cat $M/b") == "deep\n")
            #expect(try sandbox.verb("down").status == 0)
            #expect(try sandbox.shell("rmdir $M").status == 0)
            try sandbox.expect(0, task("s3://\(bucket.bucket)/a.txt"))
            #expect(try sandbox.output("cat $M") == "hello\n")
            #expect(try sandbox.verb("down").status == 0)
            #expect(try sandbox.shell("rm $M").status == 0)
            // Nothing is there yet, which is fine for a mount.
            try sandbox.expect(0, task("s3://\(bucket.bucket)/future/"))
            #expect(try sandbox.output("ls -A $M") == "")
        }

        @Test func aBucketThatIsNotThere() throws {
            let run = try sandbox.expect(66, task("s3://no-such-bucket-here"))
            #expect(run.mounts.first?.code == "not-found" && sandbox.mounts == [] && sandbox.supervisors == [])
        }

        @Test func keysThatAreWrong() throws {
            let words = try sandbox.files.words(task("s3://\(bucket.bucket)"), [])
            var environment = bucket.environment
            environment["AWS_ENDPOINT_URL_S3"] = "http://127.0.0.1:\(bucket.port)"
            environment["AWS_SECRET_ACCESS_KEY"] = "wrong"
            let finished = try Program.run(words, environment: environment, in: sandbox.files.folder.path)
            #expect(finished.status == 77, "\(finished)")
            #expect(sandbox.mounts == [] && sandbox.supervisors == [])
        }

        /// Sessions need the keys; nobody else sees them.
        @Test func secretsStayInside() throws {
            let secret = try #require(bucket.environment["AWS_SECRET_ACCESS_KEY"])
            try sandbox.expect(0, task("s3://\(bucket.bucket)"))
            for process in sandbox.supervisors + sandbox.sessions {
                for name in ["cmdline", "environ"] {
                    #expect(!(try TemporaryFolder.text(of: "/proc/\(process)/\(name)")).contains(secret))
                }
            }
            for name in try FileManager.default.contentsOfDirectory(atPath: sandbox.files.state + "/task") {
                #expect(
                    !(try TemporaryFolder.text(of: sandbox.files.state + "/task/" + name)).contains(secret), "\(name)")
            }
            for words in [["status"], ["status", "--output", "json"], ["down"]] {
                let finished = try Program.run(
                    [Program.provision] + words + ["--state-dir", sandbox.files.state], environment: [:])
                #expect(!finished.output.contains(secret) && !finished.errors.contains(secret))
            }
        }

        /// A session that comes after one that was killed has the keys as well.
        @Test func theNextSessionCanRead() throws {
            try sandbox.expect(0, task("s3://\(bucket.bucket)"))
            for _ in 0..<3 {
                let session = try #require(sandbox.sessions.first)
                kill(session, SIGKILL)
                #expect(try sandbox.output("cat $M/a.txt $M/deep/er/b") == "hello\ndeep\n")
                try sandbox.wait("another session") { sandbox.sessions != [session] && !sandbox.sessions.isEmpty }
            }
        }

        /// Where nobody uses a mount, nothing of it wakes up, neither at once for all nor every second.
        @Test func anIdleSessionSleeps() throws {
            try sandbox.expect(0, task("s3://\(bucket.bucket)"))
            #expect(try sandbox.output("ls -lR $M > /dev/null; stat $M/absent 2> /dev/null; cat $M/a.txt") == "hello\n")
            let session = try #require(sandbox.sessions.first)
            // What was read is kept for a while.
            try sandbox.wait("a session that sleeps", seconds: 60) {
                let before = try wakeUps(of: session)
                sleep(4)
                // Less than none: a thread has ended, and its number with it.
                return (0...1).contains(try wakeUps(of: session) - before)
            }
        }

        private func wakeUps(of process: Int32) throws -> Int {
            let words = try sandbox.output("cat /proc/\(process)/task/*/status | grep ^voluntary_ctxt_switches")
            return words.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.reduce(0, +)
        }

        /// A provider's keys reach the session, of which the environment knows none.
        @Test func providers() throws {
            let keys = bucket.environment
            let providers = """
                providers:
                  lab:
                    provider: minio
                    endpoint: http://127.0.0.1:\(bucket.port)
                    access_key: \(keys["AWS_ACCESS_KEY_ID"] ?? "")
                    secret_key: {env: LAB_SECRET}
                    secure: false
                """
            let plain = try MountSandbox(environment: [
                "LAB_SECRET": keys["AWS_SECRET_ACCESS_KEY"] ?? "", "AWS_EC2_METADATA_DISABLED": "true",
            ])
            try plain.files.folder.write(providers, to: "providers.yaml")
            try plain.expect(
                0,
                "file_mounts: {\(plain.destination): \(plain.entry("s3://\(bucket.bucket)", "provider: lab"))}",
                "--providers", "providers.yaml")
            #expect(try plain.output("cat $M/a.txt") == "hello\n")
        }

        /// Keys that the store takes no more are fetched anew by the session itself.
        @Test func keysAreRenewed() throws {
            // The first are the run's, the second, which are void, the session's.
            let plain = try withProgram(voidCall: 2)
            try plain.expect(0, "file_mounts: {\(plain.destination): \(plain.entry("s3://\(bucket.bucket)"))}")
            #expect(try plain.output("ls $M && cat $M/a.txt") == "a.txt\ndeep\nhello\n")
            #expect(plain.files.content("calls") == "1\n2\n3\n")
        }

        /// Who interrupts a run that still waits for a mount has none later.
        @Test func interruptedWhileItMounts() throws {
            let plain = try withProgram(slowFrom: 2)
            let run = try Program.start(
                plain.files.words("file_mounts: {\(plain.destination): \(plain.entry("s3://\(bucket.bucket)"))}", []),
                environment: plain.environment, in: plain.files.folder.path)
            try plain.wait("the session asking for keys") { plain.files.content("calls")?.contains("2") == true }
            run.signal(SIGINT)
            let finished = try run.wait(seconds: 20)
            #expect(finished.status == 130, "\(finished)")
            #expect(try Document(finished).mounts.first?.code == "interrupted")
            try plain.expectNothingLeft()
        }

        /// What was mounted before the interruption stays.
        @Test func interruptedBetweenMounts() throws {
            let plain = try withProgram(slowFrom: 2)
            try plain.write(["src/a": "local\n"])
            let task = """
                file_mounts:
                  \(plain.destination): \(plain.entry("s3://\(bucket.bucket)"))
                  \(plain.path("local")): \(plain.entry())
                """
            let run = try Program.start(
                plain.files.words(task, []), environment: plain.environment, in: plain.files.folder.path)
            try plain.wait("one of them ready") {
                plain.files.content("state/task/status.json")?.contains("\"state\": \"mounted\"") == true
            }
            try plain.wait("the other asking for keys") { plain.files.content("calls")?.contains("2") == true }
            run.signal(SIGINT)
            let finished = try run.wait(seconds: 20)
            #expect(finished.status == 130, "\(finished)")
            try plain.wait("the other gone") { plain.mounts == [plain.path("local")] }
            #expect(try plain.output("cat \(plain.path("local/a"))") == "local\n")
        }

        /// The keys come from a program. From some call on it takes its time; those of one call are void.
        private func withProgram(slowFrom: Int = .max, voidCall: Int = 0) throws -> MountSandbox {
            let place = try MountSandbox()
            let program = """
                #!/bin/sh
                cd \(place.files.folder.path)
                touch calls
                count=$(($(wc -l < calls) + 1))
                echo $count >> calls
                if [ $count -ge \(slowFrom) ]; then sleep 3; fi
                id=\(bucket.environment["AWS_ACCESS_KEY_ID"] ?? "")
                if [ $count = \(voidCall) ]; then id=AKIDVOIDVOIDVOIDVOID; fi
                echo "{\\"Version\\": 1, \\"AccessKeyId\\": \\"$id\\",
                  \\"SecretAccessKey\\": \\"\(bucket.environment["AWS_SECRET_ACCESS_KEY"] ?? "")\\",
                  \\"Expiration\\": \\"$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)\\"}"
                """
            try place.files.folder.write(program, to: "keys")
            try place.files.folder.write(
                "[default]\ncredential_process = sh \(place.path("keys"))\n", to: "config")
            place.environment = [
                "AWS_CONFIG_FILE": place.path("config"), "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(bucket.port)",
            ]
            return place
        }
    }
}

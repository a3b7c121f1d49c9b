import Foundation
import TestSupport
import Testing

extension MountedTasks {
    /// The keys of buckets that are mounted.
    @Suite(.onSeaweedFS) struct MountKeysTests {
        private let bucket: BucketSandbox
        private let sandbox: MountSandbox

        init() async throws {
            bucket = try await BucketSandbox()
            try await bucket.put(["a.txt": "hello\n", "deep/er/b": "deep\n"])
            sandbox = try MountSandbox(reading: bucket)
        }

        private func task(_ source: String, _ keys: String = "") -> String {
            "file_mounts: {\(sandbox.destination): \(sandbox.entry(source, keys))}"
        }

        @Test func keysThatAreWrong() throws {
            let words = try sandbox.files.words(task(bucket.url), [])
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
            try sandbox.expect(0, task(bucket.url))
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
                "file_mounts: {\(plain.destination): \(plain.entry(bucket.url, "provider: lab"))}",
                "--providers", "providers.yaml")
            #expect(try plain.output("cat $M/a.txt") == "hello\n")
        }

        /// What files tell of them is for the session alone, and on no process's arguments or environment.
        @Test func secretsOfProvidersStayInside() async throws {
            let plain = try MountSandbox(environment: ["AWS_EC2_METADATA_DISABLED": "true"])
            let secrets = [TestBucketServer.secretAccessKey, "HEADERSECRET", "VARIABLESECRET"]
            let provider = """
                lab:
                  provider: minio
                  endpoint: http://127.0.0.1:\(bucket.port)
                  access_key: \(TestBucketServer.accessKeyID)
                  secret_key: \(TestBucketServer.secretAccessKey)
                  headers: {X-Provider: HEADERSECRET}
                """
            try plain.write(["providers.yaml": provider, "variables": "WORD=VARIABLESECRET\n"])
            let entry = plain.entry(bucket.url, "provider: lab, headers: {X-Word: \"${WORD}\"}")
            try plain.expect(
                0, "file_mounts: {\(plain.destination): \(entry)}", "--providers", "providers.yaml", "--env-file",
                "variables")
            #expect(try plain.output("cat $M/a.txt") == "hello\n")
            let supervisor = try #require(plain.supervisors.first)
            let processes = try await ProcessTree(of: supervisor).processes
            #expect(plain.sessions.allSatisfy { session in processes.contains { $0.id == session } })
            #expect(processes.count > 1)
            for secret in secrets {
                let holders = processes.filter { $0.words.contains(secret) || $0.environment.contains(secret) }
                #expect(holders.map(\.words) == [], "\(secret)")
            }
        }

        /// Keys that the store takes no more are fetched anew by the session itself.
        @Test func keysAreRenewed() throws {
            // The first are the run's, the second, which are void, the session's.
            let plain = try withProgram(voidCall: 2)
            try plain.expect(0, "file_mounts: {\(plain.destination): \(plain.entry(bucket.url))}")
            #expect(try plain.output("ls $M && cat $M/a.txt") == "a.txt\ndeep\nhello\n")
            #expect(plain.files.content("calls") == "1\n2\n3\n")
        }

        /// Keys end in the middle of a file, and there are others: no program notices, and no part is sent again but the refused one.
        @Test func keysEndInTheMiddle() async throws {
            let large = BucketSandbox.bytes(20 << 20, seed: 4)
            var behind = bucket
            let proxy = try behind.proxy()
            let sandbox = try MountSandbox(reading: behind)
            try Files.write(large, to: Array(sandbox.path("large").utf8))
            try sandbox.useKeysOfAProgram(lasting: "1 hour")
            try sandbox.expect(
                0, "file_mounts: {\(sandbox.destination): {source: \"\(bucket.url)\", mode: MOUNT, commit: close}}")
            let refused = Fault.refusal(400, "ExpiredToken")
            proxy.add(Fault.part(2, refused))
            proxy.add(Fault.completion(refused))
            #expect(try sandbox.output("cp \(sandbox.path("large")) $M/f") == "")
            proxy.expectDone()
            let parts = proxy.passages.compactMap(\.request.partNumber)
            #expect(parts.count == 3 + 1, "\(parts)")
            #expect(try sandbox.status().trouble == "")
            #expect(try sandbox.document("down").exitCode == 0)
            try await bucket.succeed(bucket.task(bucket.url + "/f"))
            #expect(try Data(contentsOf: URL(filePath: bucket.files.destination)) == Data(large))
        }

        /// Who interrupts a run that still waits for a mount has none later.
        @Test func interruptedWhileItMounts() throws {
            let plain = try withProgram(slowFrom: 2)
            let run = try Program.start(
                plain.files.words("file_mounts: {\(plain.destination): \(plain.entry(bucket.url))}", []),
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
                  \(plain.destination): \(plain.entry(bucket.url))
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

import Signing
import TestSupport
import Testing

extension MountedTasks {
    /// As whom each mount of a task asks. Nothing but the right keys opens these buckets.
    @Suite(.onCeph) struct MountIdentityTests {
        private let mine: BucketSandbox
        private let theirs: String
        private let sandbox: MountSandbox

        /// Two buckets, each of somebody who may do nothing with the other, and a provider for the keys of each.
        init() async throws {
            let stranger = TestBucketServer.stranger
            let bucket = try await BucketSandbox(CephGateway.shared, .text(["a": "a\n", "p/b": "b\n"]))
            let theirs = try await bucket.s3.makeBucket(as: stranger)
            try await bucket.s3.put("theirs", Array("theirs\n".utf8), [:], in: theirs, as: stranger)
            // No keys but those of the providers.
            let sandbox = try MountSandbox(environment: [
                "AWS_EC2_METADATA_DISABLED": "true", "NO_GCE_CHECK": "true",
                "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:1",
            ])
            let users = [("mine", TestBucketServer.owner), ("theirs", stranger)]
            let providers = users.map { name, keys in
                """
                  \(name): {provider: minio, endpoint: "http://127.0.0.1:\(bucket.port)", secure: false,
                    access_key: \(keys.accessKeyID), secret_key: \(keys.secretAccessKey)}

                """
            }
            try sandbox.files.folder.write("providers:\n" + providers.joined(), to: "providers.yaml")
            mine = bucket
            self.theirs = theirs
            self.sandbox = sandbox
        }

        /// My bucket with the keys of one provider, and theirs with those of another.
        private func run(_ status: Int32, _ first: String, _ second: String) throws -> Document {
            let task = """
                file_mounts:
                  \(sandbox.path("mine")): \(sandbox.entry(mine.url, "provider: \(first)"))
                  \(sandbox.path("theirs")): \(sandbox.entry("s3://\(theirs)", "provider: \(second)"))
                """
            return try sandbox.expect(status, task, "--providers", "providers.yaml")
        }

        @Test func eachMountAsksWithItsOwnKeys() throws {
            let document = try run(0, "mine", "theirs")
            #expect(document.mounts.map(\.state) == ["mounted", "mounted"])
            let identities = document.mounts.compactMap { $0.json["identity"] as? String }
            #expect(Set(identities).count == 2, "\(identities)")
            #expect(try sandbox.output("cd \(sandbox.path("mine")) && cat a p/b") == "a\nb\n")
            #expect(try sandbox.output("cd \(sandbox.path("theirs")) && ls && cat theirs") == "theirs\ntheirs\n")
            #expect(Set(sandbox.sessions).count == 2)
            let doctor = try sandbox.verb("doctor").output
            for (name, identity) in zip(["mine", "theirs"], identities) {
                let lines = doctor.split(separator: "\n").filter { $0.contains(sandbox.path(name) + " of ") }
                #expect(lines.count == 1 && lines.allSatisfy { $0.contains("mounted, \(identity)") }, "\(doctor)")
            }
            #expect(!doctor.contains(TestBucketServer.owner.secretAccessKey))
        }

        @Test func theKeysOfTheOtherOpenNothing() throws {
            let document = try run(77, "theirs", "mine")
            #expect(document.mounts.map(\.code) == ["denied", "denied"], "\(document.json)")
            #expect(document.mounts.map(\.state) == ["failed", "failed"])
            #expect(sandbox.mounts == [] && sandbox.supervisors == [] && sandbox.sessions == [])
        }

        /// Who may not read one of them reads the other all the same.
        @Test func onlyOneOfThemIsOpened() throws {
            let document = try run(77, "mine", "mine")
            #expect(document.mounts.map(\.state) == ["mounted", "failed"], "\(document.json)")
            #expect(document.mounts.map(\.code) == [nil, "denied"])
            #expect(sandbox.mounts == [sandbox.path("mine")])
            #expect(try sandbox.output("cat \(sandbox.path("mine"))/a") == "a\n")
        }
    }
}

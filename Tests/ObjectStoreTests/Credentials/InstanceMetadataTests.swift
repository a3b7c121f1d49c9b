import Signing
import TestSupport
import Testing

@testable import ObjectStore

struct InstanceMetadataTests {
    private let lab: TestMachine
    private let instance: TestInstance

    init() throws {
        lab = try TestMachine()
        instance = try TestInstance()
    }

    private func search(_ change: (inout AWSCredentialRequest) -> Void = { _ in }) -> AWSCredentialSearch {
        lab.search(instance.variables, change)
    }

    @Test func roleOfTheInstance() async throws {
        let search = search()
        let found = try await search.found()
        #expect(found.accessKeyID == "ASIAINSTANCE00000001" && found.sessionToken == "token")
        #expect(try await search.origin().description == "instance role worker")
        let path = "/latest/meta-data/iam/security-credentials/"
        #expect(instance.targets == ["PUT /latest/api/token", "GET \(path)", "GET \(path)worker"])
        #expect(search.attempts.map(\.source) == ["environment", "web identity", "profile default", "container"])
    }

    @Test func aNamedRole() async throws {
        #expect(try await search { $0.instanceRole = .named("worker") }.found().accessKeyID == "ASIAINSTANCE00000001")
        let error = try await search { $0.instanceRole = .named("other") }.failure()
        #expect(error.message.contains("the instance has no role other"))
        let odd = try await search { $0.instanceRole = .named("../../user-data") }.failure()
        #expect(odd.code == .invalid)
    }

    /// What a provider asks for goes where it says, also where the machine's own credentials do not.
    @Test func aProvidersWish() async throws {
        let search = search {
            $0.instanceRole = .any
            $0.mayUseMachine = false
        }
        #expect(try await search.found().accessKeyID == "ASIAINSTANCE00000001")
    }

    @Test func switchedOff() async throws {
        let variables = instance.variables.merging(["AWS_EC2_METADATA_DISABLED": "TRUE"]) { $1 }
        #expect(try await lab.search(variables).failure().message.contains("AWS_EC2_METADATA_DISABLED is set"))
        #expect(instance.targets.isEmpty)
    }

    /// Version 1, by whoever asks for it and where there is no other.
    @Test(arguments: ["environment", "profile"]) func withoutTokens(asked: String) async throws {
        instance.behaviour.withLock {
            $0.isVersionOne = true
            $0.tokenStatus = 404
        }
        #expect(try await search().failure().code == .noCredentials)
        #expect(instance.targets == ["PUT /latest/api/token"])
        var variables = instance.variables
        if asked == "environment" {
            variables["AWS_EC2_METADATA_V1_DISABLED"] = "False"
        } else {
            try lab.write("[default]\nec2_metadata_v1_disabled = false\n", to: ".aws/config")
        }
        #expect(try await lab.search(variables).found().accessKeyID == "ASIAINSTANCE00000001")
    }

    /// Who says nothing of version 1, or has switched the service off, is not asked without a token.
    @Test(arguments: [("true", 404), ("", 404), ("false", 403)]) func noVersionOne(said: String, status: Int)
        async throws
    {
        instance.behaviour.withLock { $0.tokenStatus = status }
        let variables = instance.variables.merging(["AWS_EC2_METADATA_V1_DISABLED": said]) { $1 }
        #expect(try await lab.search(variables).failure().code == .noCredentials)
        #expect(instance.targets.allSatisfy { $0.hasPrefix("PUT") })
    }

    /// Version 1 would need no token, and is not asked.
    @Test(arguments: [(403, "switched off"), (404, "this is not EC2"), (405, "this is not EC2")])
    func noToken(status: Int, says: String) async throws {
        instance.behaviour.withLock { $0.tokenStatus = status }
        let error = try await search().failure()
        #expect(error.code == .noCredentials)
        #expect(error.message.contains(says))
        #expect(instance.targets.allSatisfy { $0.hasPrefix("PUT") })
    }

    @Test func noRole() async throws {
        instance.behaviour.withLock { $0.role = nil }
        #expect(try await search().failure().message.contains("the instance has no role"))
    }

    @Test func aRoleThatFails() async throws {
        instance.behaviour.withLock { $0.code = "AssumeRoleUnauthorizedAccess" }
        #expect(try await search().failure().message.contains("role worker: AssumeRoleUnauthorizedAccess"))
    }

    @Test func busyForAMoment() async throws {
        instance.behaviour.withLock { $0.failures = 1 }
        #expect(try await search().found().accessKeyID == "ASIAINSTANCE00000001")
    }

    /// In a container the answer with the token may not make it: it may take one hop only.
    @Test func silence() async throws {
        instance.behaviour.withLock { $0.isSilent = true }
        let variables = instance.variables.merging(["AWS_METADATA_SERVICE_NUM_ATTEMPTS": "1"]) { $1 }
        let error = try await lab.search(variables).failure()
        #expect(error.message.contains("hop limit of 2"))
    }

    @Test func nobodyThere() async throws {
        let error = try await lab.search(["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"]).failure()
        #expect(error.code == .noCredentials)
        #expect(error.message.contains("instance metadata at 127.0.0.1:1: nobody answers"))
    }

    @Test func newKeysBeforeTheOldOnesExpire() async throws {
        instance.behaviour.withLock { $0.expiration = lab.time(in: 3600) }
        let search = search()
        #expect(try await search.found().accessKeyID == "ASIAINSTANCE00000001")
        lab.pass(seconds: 3555)
        instance.behaviour.withLock { $0 = .init(keys: 2, expiration: lab.time(in: 3600)) }
        #expect(try await search.found().accessKeyID == "ASIAINSTANCE00000002")
    }

    /// When Amazon's own renewal is out of order, its services take expired keys.
    @Test func anOutageOfAmazons() async throws {
        instance.behaviour.withLock { $0.expiration = lab.time(in: -60) }
        let search = search()
        #expect(try await search.found().accessKeyID == "ASIAINSTANCE00000001")
        let asked = instance.targets.count
        #expect(try await search.found().accessKeyID == "ASIAINSTANCE00000001")
        #expect(instance.targets.count == asked)
    }

    @Test func notForOtherVendors() async throws {
        let error = try await search { $0.isAmazon = false }.failure()
        #expect(error.code == .noCredentials)
        #expect(instance.targets.isEmpty)
    }

    @Test func asSourceOfARole() async throws {
        let service = try TestTokenService()
        try lab.write(
            "[profile r]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = Ec2InstanceMetadata\n",
            to: ".aws/config")
        let search = lab.search(instance.variables.merging(service.variables) { $1 }) { $0.profile = "r" }
        #expect(try await search.found().accessKeyID == "ASIAROLE000000000001")
        let asked = try #require(service.asked.withLock { $0.first?.request })
        #expect(asked["x-amz-security-token"] == "token")
    }
}

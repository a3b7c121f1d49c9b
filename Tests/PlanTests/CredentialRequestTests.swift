import ObjectStore
import Platform
import Testing

@testable import Plan
@testable import TaskFile

/// What an entry and its provider say becomes what is looked for.
struct CredentialRequestTests {
    private func request(
        _ entry: String, providers: String = "{}", _ variables: [String: String] = [:], profileEndpoint: String? = nil
    ) throws -> AWSCredentialRequest {
        let environment = Environment(variables)
        var context = TaskContext(environment: environment, home: "/home/u", profileEndpoint: { _ in profileEndpoint })
        context.operatorProviders = .init(name: "mine.yaml", bytes: Array(providers.utf8))
        let file = TaskFile.read(
            Array("file_mounts: {/d: \(entry)}".utf8), file: "task.yaml", context: context)
        #expect(file.diagnostics.filter { $0.severity == .error } == [])
        let mount = try #require(file.tasks.first?.mounts.first)
        return AWSCredentialRequest(
            mount, endpoint: mount.access.endpoint, profileEndpoint: profileEndpoint, environment)
    }

    @Test func nothingSaid() throws {
        let request = try request("s3://some-bucket/x")
        #expect(request.mayUseMachine && request.isAmazon && !request.isAnonymous)
        #expect(request.keys == nil && request.profile == nil && request.roleARN == nil)
    }

    @Test func keysOfAProvider() throws {
        let request = try request(
            "{source: s3://some-bucket/x, provider: lab, region: eu-west-1}",
            providers:
                "{lab: {provider: s3, endpoint: 'http://lab.example:9000', access_key: {env: LAB_ID}, "
                + "secret_key: {file: /run/secret}, session_token: {command: [token, -x]}}}")
        #expect(
            request.keys
                == .init(
                    accessKeyID: .environment("LAB_ID"), secretAccessKey: .file("/run/secret"),
                    sessionToken: .command(["token", "-x"])))
        #expect(request.owner == "provider lab" && request.region == "eu-west-1" && !request.mayUseMachine)
    }

    @Test func otherWaysOfProviders() throws {
        let providers = """
            any: {provider: s3, iam_role: true}
            one: {provider: s3, iam_role: worker, buckets: [a-bucket]}
            run: {provider: s3, credential_process: 'a b', role_arn: 'arn:aws:iam::1:role/r', buckets: [b-bucket]}
            far: {provider: s3, credentials: ~/keys, profile: p, buckets: [c-bucket]}
            """
        #expect(try request("s3://some-bucket/x", providers: providers).instanceRole == .any)
        #expect(try request("s3://a-bucket/x", providers: providers).instanceRole == .named("worker"))
        let process = try request("s3://b-bucket/x", providers: providers)
        #expect(process.process == "a b" && process.roleARN == "arn:aws:iam::1:role/r")
        let file = try request("s3://c-bucket/x", providers: providers)
        #expect(file.credentialsFile == "~/keys" && file.profile == "p")
    }

    /// A profile of the entry's own stands in for all that the provider says.
    @Test func theEntryIsStronger() throws {
        let providers =
            "{lab: {provider: s3, access_key: a, secret_key: b, role_arn: 'arn:aws:iam::1:role/r', profile: x}}"
        let own = try request("{source: s3://some-bucket/x, profile: mine}", providers: providers)
        #expect(own.profile == "mine" && own.keys == nil && own.roleARN == nil)
        let role = try request(
            "{source: s3://some-bucket/x, role_arn: 'arn:aws:iam::1:role/other'}", providers: providers)
        #expect(role.keys != nil && role.roleARN == "arn:aws:iam::1:role/other")
        #expect(try request("{source: s3://some-bucket/x, anonymous: true}", providers: providers).isAnonymous)
    }

    /// An entry may choose one of the machine's identities, but the provider's endpoint does not make it the provider's.
    @Test func whatTheEntryChooses() throws {
        let providers = """
            keys: {provider: s3, endpoint: 'http://lab.example', access_key: a, secret_key: b}
            bare: {provider: s3, endpoint: 'http://lab.example', profile: p}
            """
        func chosen(_ provider: String, _ rest: String) throws -> Bool {
            let request = try request(
                "{source: s3://some-bucket/x, provider: \(provider)\(rest)}", providers: providers)
            return request.isChosenByEntry && !request.mayUseMachine
        }
        #expect(try !chosen("keys", ""))
        #expect(try !chosen("bare", ""))
        #expect(try chosen("keys", ", profile: mine"))
        #expect(try !chosen("keys", ", role_arn: 'arn:aws:iam::1:role/r'"))
        #expect(try chosen("bare", ", role_arn: 'arn:aws:iam::1:role/r'"))
        #expect(try chosen("bare", ", role_arn: 'arn:aws:iam::1:role/r', web_identity_token_file: /t"))
    }

    @Test func whereTheMachinesOwnMayGo() throws {
        let elsewhere = "{source: s3://some-bucket/x, endpoint: 'http://store.example:9000'}"
        #expect(try !request(elsewhere).mayUseMachine)
        #expect(try request(elsewhere, ["AWS_ENDPOINT_URL_S3": "http://store.example:9000"]).mayUseMachine)
        #expect(try !request(elsewhere, ["AWS_ENDPOINT_URL_S3": "https://store.example:9000"]).mayUseMachine)
        #expect(try !request(elsewhere, ["AWS_ENDPOINT_URL_S3": "http://store.example:9001"]).mayUseMachine)
        #expect(try request(elsewhere, profileEndpoint: "http://store.example:9000").mayUseMachine)
        #expect(try request("s3://some-bucket/x", profileEndpoint: "http://store.example:9000").mayUseMachine)
        #expect(try request("s3://some-bucket/x", ["AWS_ENDPOINT_URL": "http://127.0.0.1:1"]).mayUseMachine)
        let own = "{source: s3://some-bucket/x, endpoint: 'https://s3.eu-west-1.amazonaws.com'}"
        #expect(try request(own).mayUseMachine)
        let others = try request("r2://some-bucket/x")
        #expect(others.mayUseMachine && !others.isAmazon)
    }
}

import Platform
import Testing

@testable import TaskFile

/// A task file does not choose where the secrets of the operator's providers go.
@Suite struct EndpointSafetyTests {
    private let providers = """
        team: {provider: s3, access_key: AK, secret_key: SK, buckets: [team-data]}
        lab: {provider: minio, endpoint: minio.lab, access_key: AK, secret_key: SK}
        blobs: {provider: azure, endpoint: "https://ours.blob.core.windows.net", sas_token: S, buckets: [cont]}
        """

    @Test(arguments: [
        ("{source: s3://team-data/x, provider: team, endpoint: elsewhere.example}", "error unsafe-endpoint"),
        ("{source: s3://data/x, provider: lab, endpoint: elsewhere.example}", "error unsafe-endpoint"),
        ("{source: azure://elsewhere.example/cont/x}", "warning unsafe-endpoint"),
        ("{source: azure://169.254.169.254/cont/x}", "error unsafe-endpoint"),
        ("{source: s3://data/x, endpoint: minio.lab}", nil),
        // On each of its machines, and only there, CoreWeave answers without TLS.
        ("{source: cw://data/x, endpoint: \"http://cwlota.com\"}", nil),
        ("{source: cw://data/x, endpoint: \"http://cwlota.com\", path_style: true}", "error store-conflict"),
        ("{source: cw://data/x, endpoint: \"http://cwlota.com.example\", path_style: true}", "warning unsafe-endpoint"),
        ("{source: s3://data/x, provider: lab, endpoint: \"https://minio.lab:443\"}", nil),
        ("{source: s3://team-data/x, provider: team, endpoint: s3-fips.us-east-1.amazonaws.com}", nil),
    ])
    func placeOfTheTasksChoice(_ entry: String, _ problem: String?) {
        let found = read("file_mounts: {/d: \(entry)}", providers: providers).diagnostics
        let problems = found.map { "\($0.severity.rawValue) \($0.code.rawValue)" }
        #expect(problems == (problem.map { [$0] } ?? []))
    }

    /// A claim on the bucket is no reason to go along to another endpoint or another account.
    @Test(arguments: [
        ("{source: s3://team-data/x, endpoint: elsewhere.example, anonymous: true}", nil),
        ("{source: s3://team-data/x, endpoint: s3.eu-west-1.amazonaws.com}", "team"),
        ("azure://elsewhere.example/cont/x", nil),
        ("https://theirs.blob.core.windows.net/cont/x", nil),
        ("https://ours.blob.core.windows.net/cont/x", "blobs"),
        ("azure://cont/x", "blobs"),
    ])
    func servingProvider(_ entry: String, _ name: String?) {
        let file = read("file_mounts: {/d: \(entry)}", providers: providers)
        #expect(file.mounts.map(\.provider?.name) == [name])
    }

    /// A task can name any file of the machine as its providers; messages do not show what is in it.
    @Test func foreignFileAsProviders() {
        var context = TaskContext(environment: Environment([:]), home: "/home/u")
        context.readFile = { _ throws(TaskContext.UnreadableFile) in [UInt8]("root:$6$hunter2:1::\nu:!:2::\n".utf8) }
        let file = TaskFile.read([UInt8]("providers: /etc/shadow".utf8), file: "task.yaml", context: context)
        let found = file.diagnostics.filter { $0.file == "/etc/shadow" }
        #expect(found.map(\.code) == [.badType])
        #expect(!found.contains { "\($0)".contains("hunter2") })
    }
}

import Platform
import Testing

@testable import TaskFile

/// Which provider serves a source: the shape of ClearML's rules and of Supervisely's files.
@Suite struct ProviderTests {
    private static let providers = """
        providers:
          default: {provider: s3, region: eu-west-1}
          team: {provider: s3, buckets: [team-data], region: eu-central-1}
          team-private: {provider: s3, buckets: team-data/private, region: us-east-1}
          lab: {provider: minio, host: "minio.lab:9000", secure: false, multipart: false, access_key: k, secret_key: s}
          google-default: {provider: google, project: main}
          google-sub: {provider: gcs, buckets: [shared/models], project: models}
          azure-one: {provider: azure, buckets: [boats], access_key: boatsaccount, secret_key: c2VjcmV0}

        """

    private func provider(for source: String, _ keys: String = "") -> String? {
        let file = read(Self.providers + "file_mounts:\n  /data: {source: \"\(source)\", mode: COPY\(keys)}\n")
        #expect(file.diagnostics.allSatisfy { $0.severity == .warning }, "\(file.diagnostics.map(\.text))")
        return file.mounts.first?.provider?.name
    }

    @Test(arguments: [
        ("s3://anything/x", "default"), ("s3://team-data", "team"), ("s3://team-data/public/x", "team"),
        ("s3://team-data/private", "team-private"), ("s3://team-data/private/a/b", "team-private"),
        ("s3://team-data/private2", "team"), ("s3://team-data2/private", "default"),
        ("gs://other/models", "google-default"), ("gs://shared/models/7b/", "google-sub"),
        ("google://shared/other", "google-default"), ("azure://boats/x", "azure-one"),
        ("https://boatsaccount.blob.core.windows.net/boats/x", "azure-one"),
    ])
    func longestClaimWins(source: String, name: String) {
        #expect(provider(for: source) == name)
    }

    @Test func servesNobodyElse() {
        #expect(provider(for: "azure://cars/x") == nil)
        #expect(provider(for: "r2://team-data/x") == nil)
        #expect(provider(for: "https://example.com/file") == nil)
    }

    @Test func isFoundByTheHostOfTheEndpoint() {
        #expect(provider(for: "s3://anything/x", ", endpoint: \"http://minio.lab:9000\"") == "lab")
        #expect(provider(for: "s3://anything/x", ", endpoint: \"http://MINIO.lab:9000/\"") == "lab")
        #expect(provider(for: "s3://anything/x", ", endpoint: \"https://minio.lab:9443\"") == nil)
    }

    @Test func isTakenByName() {
        #expect(provider(for: "s3://team-data/private/x", ", provider: lab") == "lab")
        #expect(provider(for: "r2://team-data/x", ", provider: lab") == "lab")
    }

    @Test func givesEntriesTheirDefaults() throws {
        let file = read(
            Self.providers
                + "file_mounts:\n  /a: {source: s3://team-data/x}\n  /b: {source: s3://team-data/x, region: here}\n"
                + "  /c: {source: s3://x-data/x, provider: lab}\n")
        #expect(file.mounts.map(\.access.region) == ["eu-central-1", "here", nil])
        let lab = try #require(file.mounts[2].provider)
        #expect(file.mounts[2].access.endpoint?.url == "http://minio.lab:9000")
        #expect(!lab.usesMultipart)
        #expect(lab.isOnlyCompatible)
    }

    /// As their documentation writes it, and as it would lie in /remote_links.yml.
    @Test func takesRemoteLinksFilesAsTheyAre() throws {
        let links = """
            # s3 example
            my-car-datasets:
              provider: minio
              endpoint: s3.amazonaws.com
              access_key: AKIAEXAMPLE
              secret_key: wJalrXUtnFEMI
              # iam_role: some-role
              region: eu-central-1
              buckets:
              - cars_2020_20_10
              - cars_2020_10_10
            my-boats-datasets:
              provider: azure
              endpoint: https://boatsaccount.blob.core.windows.net
              access_key: boatsaccount
              secret_key: "aflmg+wg23fWA+6gAafWmgF4a=="
              buckets:
              - boats_bucket_2020_20_10
            """
        let file = read(
            "file_mounts: {/a: s3://cars_2020_20_10/truck.jpg, /b: azure://boats_bucket_2020_20_10/boat.jpg}",
            providers: links)
        #expect(file.diagnostics.exitStatus == .done, "\(file.diagnostics.map(\.text))")
        #expect(file.mounts.compactMap(\.provider?.name) == ["my-car-datasets", "my-boats-datasets"])
        #expect(!file.diagnostics.contains { $0.text.contains("AKIA") || $0.text.contains("wJal") })
    }

    @Test func readsStorageVariables() throws {
        let file = read(
            "file_mounts: {/a: {source: s3://data/x, provider: storage}}",
            [
                "STORAGE_PROVIDER": "minio", "STORAGE_ENDPOINT": "10.0.0.5", "STORAGE_PORT": "9000",
                "STORAGE_ACCESS_KEY": "12345", "STORAGE_SECRET_KEY": "true",
            ])
        #expect(file.problems == [])
        let provider = try #require(file.mounts[0].provider)
        #expect(provider.access.endpoint?.url == "https://10.0.0.5:9000")
        #expect(provider.credentials.secretKey == .literal(Secret("true")))

        let wrong = read(
            "file_mounts: {}",
            ["STORAGE_PROVIDER": "s3", "STORAGE_PORT": "high", "STORAGE_ACCESS_KEY": "a", "STORAGE_SECRET_KEY": "b"])
        #expect(wrong.diagnostics.map(\.code) == [.badType])
        #expect(wrong.diagnostics.exitStatus == .done)
        #expect(read("file_mounts: {}", ["STORAGE_PROVIDER": "http"]).problems == [])
    }

    @Test func commandsAreForTheOperatorOnly() {
        let provider = "vault: {provider: s3, access_key: {env: K}, secret_key: {command: [vault, read]}}"
        #expect(read("file_mounts: {}", providers: provider).problems == [])
        let inTask = read("file_mounts: {}\nproviders:\n  \(provider)\n")
        #expect(inTask.problems == ["3:59 error bad-value providers.vault.secret_key"])
    }

    /// The operator's file is stronger than the task: a task cannot replace a provider under its name.
    @Test func theOperatorsProviderKeepsItsName() {
        let file = read(
            "providers: {lab: {provider: minio, endpoint: evil.example}}\nfile_mounts: {/a: {source: s3://data-1, provider: lab}}",
            providers: "lab: {provider: minio, endpoint: good.example}")
        #expect(file.mounts[0].access.endpoint?.host == "good.example")
    }

    /// Nor can it reach into that file with its variables and lead the operator's credentials elsewhere.
    @Test func aTasksVariablesDoNotReachTheOperatorsFile() {
        let file = read(
            "envs: {HOST: evil.example}\nfile_mounts: {/a: {source: s3://data-1, provider: lab}}",
            providers: "lab: {provider: minio, endpoint: \"${HOST:-good.example}\"}")
        #expect(file.mounts[0].access.endpoint?.host == "good.example")
    }

    /// What is the machine's own stays with the vendor, however a task reads it.
    @Test(arguments: [
        ("access_key: {env: AWS_ACCESS_KEY_ID}, secret_key: s", true),
        ("access_key: {env: MINE}, secret_key: s", false),
        ("access_key: k, secret_key: {file: ~/.aws/credentials}", true),
        ("access_key: k, secret_key: {file: /home/u/.ssh//id_rsa}", true),
        ("access_key: k, secret_key: {file: /run/secrets/lab}", false), ("credentials: ~/.aws/./credentials", true),
    ])
    func theMachinesSecretsStayHome(keys: String, refused: Bool) {
        let task = "providers: {lab: {provider: minio, endpoint: elsewhere.example, \(keys)}}\nfile_mounts: {}"
        #expect(read(task).problems == (refused ? ["1:13 error unsafe-endpoint providers.lab"] : []))
        #expect(
            read("file_mounts: {}", providers: "lab: {provider: minio, endpoint: e.example, \(keys)}").problems == [])
    }

    @Test func amazonsOwnS3IsNoMinio() {
        let file = read(
            "file_mounts: {/a: s3://data-1/x}",
            [
                "STORAGE_PROVIDER": "minio", "STORAGE_ENDPOINT": "s3.amazonaws.com", "STORAGE_PORT": "443",
                "STORAGE_ACCESS_KEY": "k", "STORAGE_SECRET_KEY": "s",
            ])
        #expect(file.problems == [])
        #expect(file.mounts[0].provider?.name == "storage")
    }

    /// As generated: a line for every key, most of them empty.
    @Test func emptyKeysAreAbsent() {
        let links =
            "cars: {provider: google, endpoint: \"\", access_key: \"\", secret_key: '', iam_role: '', region: eu}"
        #expect(read("file_mounts: {}", providers: links).problems == [])
    }

    @Test func saysWhichEndpointOfTheEnvironmentIsIgnored() {
        let found = read("file_mounts: {}", ["AWS_ENDPOINT_URL": "garbage://x"]).diagnostics
        #expect(found.map(\.text).first?.hasPrefix("the environment: warning[bad-value]: AWS_ENDPOINT_URL") == true)
    }

    @Test func mapsStorageIdsToFolders() {
        let file = read(
            """
            providers: {scans: {provider: fs, path: /srv/scans}, more: {provider: fs, path: /srv/more, buckets: ["77"]}}
            file_mounts: {/a: fs://scans/2026, /b: fs://77/x, /c: fs://nobody/x}
            """)
        #expect(file.mounts.map { $0.provider?.hostFolder } == ["/srv/scans", "/srv/more", nil])
        #expect(file.problems == ["2:55 error unknown-provider file_mounts./c"])
    }
}

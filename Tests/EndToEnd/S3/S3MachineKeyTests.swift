import Foundation
import TestSupport
import Testing

/// Keys that the machine has, wherever it has them: whose they are is said, new ones are got when the old ones have expired, and
/// who is named by a task alone gets none of them.
@Suite struct S3MachineKeyTests {
    private let files: CopySandbox
    private let bucket = AmazonStandIn(objects: ["a": .init("one"), "d/b": .init("two")])

    init() throws {
        files = try CopySandbox()
    }

    private func run(_ words: [String], _ variables: [String: String]) async throws -> Finished {
        try await Program.start(words, environment: variables, in: files.folder.path).end()
    }

    /// With a place that the operator has named.
    private func copy(from server: ScriptedServer, _ keys: MachineKeys) async throws -> Finished {
        let place = ["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(server.port)"]
        let words = try files.words("file_mounts: {\(files.destination): s3://data}", [])
        let finished = try await run(words, keys.variables.merging(place) { $1 })
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(files.content("dst/a") == "one" && files.content("dst/d/b") == "two")
        return finished
    }

    private func isSigned(_ request: ReceivedRequest, _ number: Int) -> Bool {
        request["Authorization"]?.contains("Credential=\(MachineKeys.id)\(number)/") == true
    }

    @Test(arguments: MachineKeys.Place.allCases)
    func whoseTheyAreIsSaid(place: MachineKeys.Place) async throws {
        let server = try bucket.serve()
        let keys = try MachineKeys(in: place, files)
        let copy = try await copy(from: server, keys)
        #expect(bucket.log.requests.allSatisfy { isSigned($0, 1) })
        // Other clouds' services are not looked for.
        let more = [
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(server.port)", "NO_GCE_CHECK": "true",
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:1", "PATH": "/nowhere",
        ]
        let variables = keys.variables.merging(more) { $1 }
        let check = try await run([Program.provision, "check", "s3://data", "--output", "json"], variables)
        let checks = try Document(check).json["checks"] as? [[String: Any]]
        let doctor = try await run([Program.provision, "doctor", "--output", "json"], variables)
        let findings = try Document(doctor).json["findings"] as? [[String: String]]
        let said = [
            try Document(copy).mounts.first?.json["identity"] as? String, checks?.first?["identity"] as? String,
            findings?.first { $0["topic"] == "aws credentials" }?["text"],
        ]
        for identity in said { #expect(identity?.hasPrefix(place.name) == true, "\(identity ?? "nobody")") }
        for finished in [copy, check, doctor] {
            #expect(!(finished.output + finished.errors).contains(MachineKeys.secret))
        }
    }

    /// Who gives keys gives others when those have expired, and the copy goes on with them.
    @Test(arguments: MachineKeys.Place.services)
    func newOnesInTheMiddle(place: MachineKeys.Place) async throws {
        let bucket = bucket
        let old = "Credential=\(MachineKeys.id)1/"
        let server = try ScriptedServer { request, connection in
            guard request.isRead, request["Authorization"]?.contains(old) == true else {
                return try bucket.answer(request, connection)
            }
            try connection.answer(400, [:], "<Error><Code>ExpiredToken</Code><Message>No.</Message></Error>")
        }
        let keys = try MachineKeys(in: place, files)
        _ = try await copy(from: server, keys)
        let reads = bucket.log.requests.filter(\.isRead)
        #expect(reads.count == 2 && reads.allSatisfy { isSigned($0, 2) }, "\(reads.map(\.head))")
        // However many requests are refused.
        #expect(keys.count == 2)
    }

    /// Whoever writes a task could be anybody, and so could who answers there.
    @Test(arguments: MachineKeys.Place.allCases)
    func notForThePlaceOfATask(place: MachineKeys.Place) async throws {
        let server = try bucket.serve()
        let keys = try MachineKeys(in: place, files)
        let endpoint = "http://127.0.0.1:\(server.port)"
        let task = "file_mounts: {\(files.destination): {source: s3://data, mode: COPY, endpoint: \"\(endpoint)\"}}"
        let finished = try await run(try files.words(task, []), keys.variables)
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        let document = try Document(finished)
        #expect(document.mounts.first?.json["identity"] as? String == "anonymous")
        #expect(document.diagnostics.contains { $0.hasPrefix("warning unsafe-endpoint ") }, "\(document.diagnostics)")
        #expect(files.content("dst/a") == "one")
        for request in bucket.log.requests {
            #expect(request["Authorization"] == nil && request["x-amz-security-token"] == nil)
        }
        // Nobody has been asked for them.
        #expect(keys.requests == 0)
    }
}

import Foundation
import Signing
import TestSupport
import Testing

/// PyPI's botocore signs the same requests: a judge that shares no code with us.
@Suite(.enabled(if: Botocore.isHere, "PyPI's botocore is not in .tools/python: run script/setup"))
struct BotocoreTests {
    @Test func aThousandRequests() throws {
        // To see a failure again: the same number in the environment.
        let seed =
            ProcessInfo.processInfo.environment["PROVISION_TEST_SEED"].flatMap(UInt64.init) ?? .random(in: 0..<1 << 32)
        print("BotocoreTests: PROVISION_TEST_SEED=\(seed)")
        var random = SeededGenerator(seed: seed)
        let requests = (0..<1000).map { _ in GeneratedRequest(using: &random) }
        let answers = try Botocore.sign(requests)
        #expect(answers.count == requests.count)
        let different = requests.indices.filter { Botocore.Answer(of: requests[$0]) != answers[$0] }
        #expect(different.isEmpty, "seed \(seed)")
        for index in different.prefix(3) {
            #expect(Botocore.Answer(of: requests[index]) == answers[index], "\(requests[index])")
        }
    }
}

enum Botocore {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    static let python = folder.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: ".tools/python/bin/python").path
    static let isHere = (try? Program.run([python, "-c", "import botocore"]))?.status == 0

    /// What is sent: a query and headers, or the items of a presigned URL's query, sorted.
    struct Answer: Decodable, Equatable {
        var path: String
        var query: String?
        var headers: [String: String]?
        var items: [String]?

        init(of request: GeneratedRequest) {
            let signer = SigV4(region: request.region, service: request.service)
            let signable = request.signable
            path = signable.path
            if let lifetime = request.lifetime {
                let query = signer.presignedQuery(
                    for: signable, credentials: request.credentials, at: request.time, validFor: lifetime)
                items = query.split(separator: "&").map { $0.contains("=") ? String($0) : $0 + "=" }.sorted()
            } else {
                query = signable.query.encoded
                let added = signer.headers(for: signable, credentials: request.credentials, at: request.time)
                headers = Dictionary(uniqueKeysWithValues: added.map { ($0.name, $0.value) })
            }
        }
    }

    static func sign(_ requests: [GeneratedRequest]) throws -> [Answer] {
        let lines = try requests.map { String(decoding: try JSONEncoder().encode(Question(of: $0)), as: UTF8.self) }
        let judge = folder.appending(path: "judge.py").path
        let finished = try Program.run([python, judge], input: lines.joined(separator: "\n"))
        guard finished.status == 0 else { throw Failure(errors: finished.errors) }
        return try finished.output.split(separator: "\n").map {
            try JSONDecoder().decode(Answer.self, from: Data($0.utf8))
        }
    }

    struct Failure: Error {
        let errors: String
    }

    /// As the judge reads it; bytes become Base64.
    private struct Question: Encodable {
        struct Item: Encodable {
            let name: String
            let value: Data?
        }

        let scheme, host, method, service, region, id, secret: String
        let token: String?
        let path, body: Data
        let query: [Item]
        let headers: [[String]]
        let unsigned: Bool
        let time: Int
        let lifetime: Int?

        init(of request: GeneratedRequest) {
            (scheme, host, method) = (request.scheme, request.host, request.method)
            (service, region) = (request.service, request.region)
            (id, secret) = (request.credentials.accessKeyID, request.credentials.secretAccessKey)
            token = request.credentials.sessionToken
            (path, body) = (Data(request.path), Data(request.body))
            query = request.query.map { Item(name: $0.name, value: $0.value.map { Data($0) }) }
            headers = request.headers.map { [$0.name, $0.value] }
            (unsigned, time, lifetime) = (request.isUnsigned, request.time, request.lifetime)
        }
    }
}

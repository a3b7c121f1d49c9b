import HTTP
import Platform
import Signing
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

/// Tokens end in the middle of a job, and nobody notices.
@Suite(.enabled(if: AzureIdentity.isHere, Comment(rawValue: AzureIdentity.absence)))
struct AzureTokenLifeTests {
    private let lab: TestMachine
    private let identity: AzureIdentity.Laboratory

    init() async throws {
        lab = try TestMachine()
        identity = try await AzureIdentity.laboratory()
    }

    private var variables: [String: String] {
        identity.authority.merging(["AZURE_CLIENT_SECRET": AzureIdentity.Laboratory.secret]) { $1 }
    }

    /// However many wait, one asks; and again, when the token has ended after five seconds.
    @Test func oneAsksForAll() async throws {
        try identity.set(["life": 5])
        let good = Mutex<Set<String>>([])
        let blobs = try ScriptedServer { request, connection in
            let token = request["Authorization"] ?? ""
            guard good.withLock({ $0.contains(token) }) else {
                return try connection.answer(401, ["x-ms-error-code": "InvalidAuthenticationInfo"])
            }
            try connection.answer(200, ["ETag": "\"e\"", "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"], "x")
        }
        let search = lab.azure(variables)
        let store = AzureTestStore.make(blobs, as: search)
        for round in 1...3 {
            // From here on the old token is refused, and the next one is not.
            if round > 1 { lab.pass(seconds: 5) }
            good.withLock { $0 = ["Bearer round-\(round)"] }
            try identity.set(["good": "round-\(round)"])
            let texts = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<200 { group.addTask { try await store.text("a") } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(texts == ["x"])
            #expect(identity.asked.count == round)
        }
    }

    /// What has plenty of time left is replaced behind the back of requests: also while the service takes its time, they go on.
    @Test func nobodyWaitsForTheNextOne() async throws {
        let search = lab.azure(variables)
        let first = try await search.found()
        lab.pass(seconds: 3600 - 250)
        try identity.fail(.answer(503, "", ["Retry-After": "1"]))
        for _ in 0..<50 { #expect(try await search.found() == first) }
        for _ in 0..<400 {
            if try await search.found() != first { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await search.found() != first)
        #expect(identity.asked.count == 3)
    }

    @Test func theOldOneServesWhileTheServiceIsAway() async throws {
        let search = lab.azure(variables)
        let first = try await search.found()
        lab.pass(seconds: 3600 - 50)
        try identity.fail(.answer(500, times: 100))
        #expect(try await search.found() == first)
        lab.pass(seconds: 51)
        #expect(try await search.failure().code == .unreachable)
    }
}

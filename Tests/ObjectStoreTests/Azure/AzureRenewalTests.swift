import Checksums
import HTTP
import Platform
import Signing
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

/// Credentials that are replaced while a job runs.
struct AzureRenewalTests {
    private static let found = ["ETag": "\"e\"", "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"]

    private static func link(_ text: String) throws -> AzureCredential {
        .link(try #require(SharedAccessSignature(text)))
    }

    private static func token(_ text: String) throws -> AzureCredential { .token(try #require(BearerToken(text))) }

    private static func key(_ byte: UInt8) throws -> AzureCredential {
        .key(try #require(SharedKey(account: "account", base64: Base64.text(of: [byte]))))
    }

    /// One of each kind, and the one that takes its place.
    private static func pairs() throws -> [(old: AzureCredential, new: AzureCredential)] {
        [
            (try token("old"), try token("new")), (try link("sp=r&sig=old"), try link("sp=r&sig=new")),
            (try key(1), try key(2)),
        ]
    }

    @Test(arguments: 0..<3, [(401, "InvalidAuthenticationInfo"), (403, "AuthenticationFailed")])
    func whoIsNotBelievedIsAskedAgain(kind: Int, _ refusal: (status: Int, code: String)) async throws {
        let pair = try Self.pairs()[kind]
        let server = try ScriptedServer { request, connection in
            // The second attempt is another one's.
            if request.number == 2 { return try connection.answer(200, Self.found, "x") }
            try connection.answer(refusal.status, ["x-ms-error-code": refusal.code])
        }
        let source = ReplacedCredentials([pair.old, pair.new])
        #expect(try await AzureTestStore.make(server, as: source).text("a") == "x")
        #expect(server.requests == 2 && source.refused == [pair.old])

        let stubborn = ReplacedCredentials([pair.old])
        let other = try ScriptedServer { _, connection in
            try connection.answer(refusal.status, ["x-ms-error-code": refusal.code])
        }
        await expectFailure(.denied) { () throws(StoreError) in
            try await AzureTestStore.make(other, as: stubborn).text("a")
        }
        #expect(other.requests == 1 && stubborn.refused == [pair.old])
    }

    /// A source that has something new each time is asked once, not with every request.
    @Test(arguments: 0..<3, ["AuthorizationPermissionMismatch", "AuthorizationFailure"])
    func whoMayNotIsAskedAgainOnce(kind: Int, code: String) async throws {
        let pair = try Self.pairs()[kind]
        let server = try ScriptedServer { _, connection in try connection.answer(403, ["x-ms-error-code": code]) }
        let source = ReplacedCredentials([pair.old, pair.new, pair.old, pair.new])
        let store = AzureTestStore.make(server, as: source)
        for _ in 0..<3 {
            await expectFailure(.denied) { () throws(StoreError) in try await store.text("a") }
        }
        #expect(server.requests == 4 && source.refused == [pair.old])
    }

    @Test func rightsThatCameLater() async throws {
        let pair = try Self.pairs()[1]
        let server = try ScriptedServer { request, connection in
            guard request.target.contains("sig=new") else {
                return try connection.answer(403, ["x-ms-error-code": "AuthorizationPermissionMismatch"])
            }
            try connection.answer(200, Self.found, "x")
        }
        let store = AzureTestStore.make(server, as: ReplacedCredentials([pair.old, pair.new]))
        #expect(try await store.text("a") == "x")
    }

    /// Of what has expired nothing is sent; its place is looked at first.
    @Test func anExpiredSignatureIsReplacedBeforeItIsSent() async throws {
        let server = try ScriptedServer { request, connection in
            #expect(request.target.contains("sig=new"))
            try connection.answer(200, Self.found, "x")
        }
        let old = try Self.link("se=2025-01-01&sp=r&sig=old")
        let source = ReplacedCredentials([old, try Self.link("se=2099-01-01&sp=r&sig=new")])
        let store = AzureTestStore.make(server, as: source)
        #expect(try await store.text("a") == "x")
        #expect(server.requests == 1 && source.refused == [old])
    }

    /// The source of a copy is read with the right of the attempt and not of the first one.
    @Test func theSourceOfACopyGoesWithTheAttempt() async throws {
        let sources = Mutex<[String]>([])
        let server = try ScriptedServer { request, connection in
            sources.withLock { $0.append(request["x-ms-copy-source"] ?? "") }
            if request.number == 2 { return try connection.answer(201, Self.found) }
            try connection.answer(403, ["x-ms-error-code": "AuthenticationFailed"])
        }
        let source = ReplacedCredentials([try Self.link("sp=r&sig=old"), try Self.link("sp=r&sig=new")])
        _ = try await AzureTestStore.make(server, as: source).copy(CopySource("a?b/ü"), to: "c", nil, if: .always)
        let place = "http://127.0.0.1:\(server.port)/account/data/a%3Fb/%C3%BC?"
        #expect(sources.withLock { $0 } == [place + "sp=r&sig=old", place + "sp=r&sig=new"])
    }

    @Test func keysOfDifferentAccountsAndBytes() throws {
        let one = try Self.key(1)
        #expect(try one == Self.key(1))
        #expect(try one != Self.key(2))
        #expect(one != .key(try #require(SharedKey(account: "other", base64: Base64.text(of: [1])))))
    }
}

/// Gives the first, and after each renewal the next, as long as there is one.
private final class ReplacedCredentials: AzureCredentialSource {
    let name = "tests"
    private let all: [AzureCredential]
    private let state = Mutex<(index: Int, refused: [AzureCredential])>((0, []))

    init(_ all: [AzureCredential]) { self.all = all }

    var refused: [AzureCredential] { state.withLock { $0.refused } }

    func credentials() -> AzureCredential? { all[state.withLock { $0.index }] }

    func renew(after refused: AzureCredential) -> Bool {
        state.withLock { state in
            state.refused.append(refused)
            guard state.index + 1 < all.count else { return false }
            state.index += 1
            return true
        }
    }
}

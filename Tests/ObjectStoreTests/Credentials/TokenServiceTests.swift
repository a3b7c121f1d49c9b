import Glibc
import HTTP
import Platform
import Signing
import TestSupport
import Testing

@testable import ObjectStore

/// The answers of a token service that others have written. moto verifies every part of the credentials it has given: id,
/// secret and token.
@Suite(.serialized, .enabled(if: Moto.isHere, Comment(rawValue: Moto.absence))) struct TokenServiceTests {
    private let lab: TestMachine
    private let moto: Moto
    private let role: String
    private let bucket: String

    init() async throws {
        lab = try TestMachine()
        moto = try await Moto.start()
        role = try await moto.makeRole("reader")
        bucket = try await moto.buckets.makeBucket()
        try await moto.buckets.put("a b", Array("content".utf8), in: bucket)
    }

    private func search(
        _ variables: [String: String] = [:], _ change: (inout AWSCredentialRequest) -> Void = { _ in }
    ) -> AWSCredentialSearch {
        let place = ["AWS_ENDPOINT_URL_STS": "http://127.0.0.1:\(moto.port)"]
        return lab.search(place.merging(variables) { $1 }, change)
    }

    /// They are those of the role, they hold as long as the answer says, and open the bucket.
    private func expectGood(
        _ search: AWSCredentialSearch, session: String, at location: SourceLocation = #_sourceLocation
    ) async throws {
        let found = try await search.found(sourceLocation: location)
        let arn = "arn:aws:sts::123456789012:assumed-role/reader/\(session)"
        #expect(try await search.origin().identity == arn, sourceLocation: location)

        try await moto.verifyFromNowOn()
        #expect(try await moto.callerIdentity(found) == arn, sourceLocation: location)
        let endpoint = S3Endpoint(isSecure: false, host: "127.0.0.1", port: moto.port)
        let site = S3Site(.endpoint(endpoint), bucket: bucket)
        let store = S3Store(site, credentials: search, client: S3TestStore.client)
        #expect(try await store.text("a b") == "content", sourceLocation: location)
        #expect(try await store.listAll().keys == ["a b"], sourceLocation: location)

        // What shows that moto looks: with one letter less nothing of it is believed.
        let token = found.sessionToken.map { String($0.dropLast()) }
        for wrong in [
            AWSCredentials(
                accessKeyID: found.accessKeyID, secretAccessKey: String(found.secretAccessKey.dropLast()),
                sessionToken: found.sessionToken),
            AWSCredentials(
                accessKeyID: found.accessKeyID, secretAccessKey: found.secretAccessKey, sessionToken: token),
        ] {
            await #expect(throws: ServerFailure.self, sourceLocation: location) { try await moto.callerIdentity(wrong) }
            let other = S3Store(site, credentials: FixedCredentials(wrong), client: S3TestStore.client)
            await expectFailure(.denied, sourceLocation: location) { () throws(StoreError) in
                try await other.text("a b")
            }
        }

        // An hour, by moto's clock, which is not that of this machine; then moto would have to give new ones.
        lab.pass(seconds: 3000)
        #expect(try await search.found(sourceLocation: location) == found, sourceLocation: location)
        lab.pass(seconds: 601)
        let later = try? await search.found(sourceLocation: location)
        #expect(later != found, sourceLocation: location)
    }

    @Test func assumeRole() async throws {
        let search = search {
            $0.roleARN = self.role
            $0.keys = .init(accessKeyID: .literal(exampleID), secretAccessKey: .literal(exampleSecret))
        }
        let name = try await search.origin().identity?.split(separator: "/").last
        try await expectGood(search, session: String(name ?? ""))
    }

    @Test func assumeRoleWithWebIdentity() async throws {
        try lab.write("header.claims.signature\n", to: "token")
        let variables = [
            "AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": lab.home.path("token"),
            "AWS_ROLE_SESSION_NAME": "pod@node-1",
        ]
        try await expectGood(search(variables), session: "pod@node-1")
    }

    /// Of keys that moto does not know.
    @Test func refusal() async throws {
        try await moto.verifyFromNowOn()
        let error = try await search {
            $0.roleARN = self.role
            $0.keys = .init(accessKeyID: .literal(exampleID), secretAccessKey: .literal(exampleSecret))
        }.failure()
        #expect(error.code == .denied, "\(error)")
        #expect(
            error.message.hasPrefix(
                "role reader from 127.0.0.1:\(moto.port) is not given to provider lab AKIA…MPLE: InvalidClientTokenId: "
            ),
            "\(error)")
        #expect(error.status == 403)
    }
}

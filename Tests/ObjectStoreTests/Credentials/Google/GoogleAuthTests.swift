import Foundation
import JSON
import TestSupport
import Testing

@testable import ObjectStore

/// Google's own library at the same services, with the same files: what they take from us is what they take from it.
@Suite(.enabled(if: GoogleServices.isHere, Comment(rawValue: GoogleServices.absence)), .apart)
struct GoogleAuthTests {
    private let lab: GoogleLab

    init() async throws { lab = try await GoogleLab() }

    struct Answer: Decodable {
        let token: String
        let account: String
    }

    private func library(_ word: String, _ variables: [String: String] = [:]) throws -> Answer {
        let environment = ["HOME": lab.machine.home.path].merging(variables) { $1 }
        let printed = try Python.run(
            "Tests/ObjectStoreTests/Credentials/Google/client.py", [word], environment: environment)
        return try JSONDecoder().decode(Answer.self, from: Data(printed.utf8))
    }

    /// Both ask the same, one after the other, and the storage takes what both are given.
    private func agree(
        on file: JSONValue, _ variables: [String: String] = [:], ours: [String], theirs: [String]? = nil
    ) async throws {
        let search = try lab.search(file: file, variables)
        #expect(try await lab.reads(search))
        #expect(try await lab.room.asked() == ours)
        let answer = try library(lab.machine.home.path("key.json"), variables)
        #expect(try await lab.room.asked().dropFirst(ours.count) == (theirs ?? ours)[...])
        #expect(try await lab.reads(FixedToken(BearerToken(answer.token))))
    }

    /// It has its signature exchanged for a token; ours is good as it is.
    @Test func serviceAccount() async throws {
        try await agree(on: lab.account(), ours: [], theirs: ["token"])
    }

    @Test func person() async throws {
        try await agree(on: lab.user, ours: ["token"])
    }

    @Test func personOfAWorkforce() async throws {
        try await agree(on: lab.workforceUser, ours: ["workforce"])
    }

    @Test func impersonation() async throws {
        try await agree(on: lab.impersonated(lab.user), ours: ["token", "impersonation"])
    }

    @Test func impersonationByAServiceAccount() async throws {
        try await agree(
            on: lab.impersonated(lab.account()), ours: ["impersonation"], theirs: ["token", "impersonation"])
    }

    @Test(arguments: [false, true])
    func file(isImpersonating: Bool) async throws {
        try lab.machine.write(GoogleServices.subjectToken, to: "token")
        let file = lab.external(["file": .string(lab.machine.home.path("token"))])
        guard isImpersonating else { return try await agree(on: file, ours: ["exchange"]) }
        let options: JSONValue = ["token_lifetime_seconds": 1200]
        try await agree(
            on: file.replacing("service_account_impersonation_url", lab.impersonation)
                .replacing("service_account_impersonation", options), ours: ["exchange", "impersonation"])
    }

    @Test func fileOfAPerson() async throws {
        try lab.machine.write(GoogleServices.subjectToken, to: "token")
        let file = lab.external(["file": .string(lab.machine.home.path("token"))])
            .replacing("audience", .string(GoogleServices.workforce))
            .replacing("workforce_pool_user_project", .string(GoogleServices.project))
        try await agree(on: file, ours: ["exchange"])
    }

    @Test func fileWithAClient() async throws {
        try lab.machine.write(GoogleServices.subjectToken, to: "token")
        let file = lab.external(["file": .string(lab.machine.home.path("token"))])
            .replacing("client_id", .string(GoogleServices.client))
            .replacing("client_secret", .string(GoogleServices.clientSecret))
        try await agree(on: file, ours: ["exchange"])
    }

    @Test func service() async throws {
        let format: JSONValue = ["type": "json", "subject_token_field_name": "value"]
        let source: JSONValue = [
            "url": .string(lab.room.url("/subject?format=json")), "headers": ["X-Lab": "yes"], "format": format,
        ]
        try await agree(on: lab.external(source), ours: ["subject", "exchange"])
    }

    @Test func program() async throws {
        let answer: JSONValue = [
            "version": 1, "success": true, "token_type": "urn:ietf:params:oauth:token-type:id_token",
            "id_token": .string(GoogleServices.subjectToken),
        ]
        let path = lab.machine.home.path("program")
        try Files.write("#!/bin/sh\ncat <<'END'\n\(answer.compact)\nEND\n", to: path, mode: 0o755)
        let file = lab.external(["executable": ["command": .string(path)]])
            .replacing("service_account_impersonation_url", lab.impersonation)
        try await agree(
            on: file, ["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES": "1"], ours: ["exchange", "impersonation"])
    }

    @Test func keysOfAmazons() async throws {
        try await agree(on: lab.amazon(), GoogleLab.amazonVariables, ours: ["exchange"])
    }

    @Test func instanceOfAmazons() async throws {
        let source: JSONValue = [
            "environment_id": "aws1", "imdsv2_session_token_url": .string(lab.room.url("/latest/api/token")),
            "url": .string(lab.room.url("/latest/meta-data/iam/security-credentials")),
            "region_url": .string(lab.room.url("/latest/meta-data/placement/availability-zone")),
        ]
        try await agree(
            on: lab.amazon(source), ["AWS_EC2_METADATA_DISABLED": "false"],
            ours: Array(repeating: "amazon", count: 5) + ["exchange"])
    }

    @Test func metadata() async throws {
        let place = "127.0.0.1:\(lab.room.port)"
        let answer = try library("metadata", ["GCE_METADATA_HOST": place, "GCE_METADATA_IP": place])
        #expect(answer.account == ServiceAccountFile.email)
        #expect(try await lab.reads(FixedToken(BearerToken(answer.token))))
        let search = lab.search(["GCE_METADATA_HOST": place])
        #expect(try await search.origin().identity == answer.account)
    }
}

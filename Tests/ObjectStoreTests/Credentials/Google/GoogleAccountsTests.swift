import JSON
import TestSupport
import Testing

@testable import ObjectStore

@Suite(.enabled(if: GoogleServices.isHere, Comment(rawValue: GoogleServices.absence)))
struct GoogleAccountsTests {
    private let lab: GoogleLab

    init() async throws { lab = try await GoogleLab() }

    @Test func aServiceAccount() async throws {
        #expect(try await lab.reads(lab.search(file: lab.account())))
        #expect(try await lab.room.asked().isEmpty)
    }

    @Test func aPerson() async throws {
        #expect(try await lab.reads(lab.search(file: lab.user)))
        #expect(try await lab.room.asked() == ["token"])
        let named = try lab.search(file: lab.user.replacing("account", "person@example.com"))
        #expect(try await named.origin().description == "~/key.json person@example.com")
    }

    /// Some services write numbers as text.
    @Test func secondsAsText() async throws {
        try await lab.room.tell(["textual": true])
        #expect(try await lab.reads(lab.search(file: lab.user)))
    }

    @Test func aPersonOfAWorkforce() async throws {
        #expect(try await lab.reads(lab.search(file: lab.workforceUser)))
        #expect(try await lab.room.asked() == ["workforce"])
    }

    // MARK: In somebody else's name

    @Test func impersonation() async throws {
        for (source, asked) in [
            (lab.user, ["token", "impersonation"]), (lab.workforceUser, ["workforce", "impersonation"]),
            (try lab.account(), ["impersonation"]),
        ] {
            let before = try await lab.room.asked().count
            let search = try lab.search(file: lab.impersonated(source))
            #expect(try await lab.reads(search))
            #expect(try await search.origin().description == "~/key.json \(GoogleServices.target)")
            #expect(try await lab.room.asked().dropFirst(before) == asked[...])
        }
    }

    @Test func impersonationByAnExternalAccount() async throws {
        try lab.machine.write(GoogleServices.subjectToken, to: "token")
        let external = lab.external(["file": .string(lab.machine.home.path("token"))])
        #expect(try await lab.reads(lab.search(file: lab.impersonated(external))))
        #expect(
            try await lab.reads(
                lab.search(file: external.replacing("service_account_impersonation_url", lab.impersonation))))
        #expect(try await lab.room.asked() == ["exchange", "impersonation", "exchange", "impersonation"])
    }

    @Test func accountsOnTheWay() async throws {
        let names = ["a@x.iam.gserviceaccount.com", "b@x.iam.gserviceaccount.com"]
        try await lab.room.tell(["delegates": names])
        let written: JSONValue = [.string(names[0]), .string("projects/-/serviceAccounts/" + names[1])]
        let file = lab.impersonated(lab.user).replacing("delegates", written)
        #expect(try await lab.reads(lab.search(file: file)))
    }

    /// The end of what is handed out is that which was asked for.
    @Test func lifetime() async throws {
        try lab.machine.write(GoogleServices.subjectToken, to: "token")
        let file = lab.external(["file": "~/token"]).replacing("service_account_impersonation_url", lab.impersonation)
            .replacing("service_account_impersonation", ["token_lifetime_seconds": 1000])
        let search = try lab.search(file: file)
        let first = try await search.found()
        lab.machine.pass(seconds: 600)
        #expect(try await search.found() == first)
        // An hour would not be over.
        lab.machine.pass(seconds: 2000)
        #expect(try await search.found() != first)
    }

    @Test func mayNotActForIt() async throws {
        let url = lab.room.url("/v1/projects/-/serviceAccounts/other@x.iam.gserviceaccount.com:generateAccessToken")
        let file = lab.impersonated(lab.user).replacing("service_account_impersonation_url", .string(url))
        let error = try await lab.search(file: file).failure()
        #expect(error.code == .denied && error.status == 403)
        #expect(
            error.message
                == "~/key.json as other@x.iam.gserviceaccount.com: 127.0.0.1:\(lab.room.port) gives no token: PERMISSION_DENIED: "
                + "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).; "
                + "~/key.json needs the role iam.serviceAccountTokenCreator on that account")
    }
}

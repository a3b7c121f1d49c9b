import Checksums
import JSON
import TestSupport
import Testing

@testable import ObjectStore

@Suite(.enabled(if: GoogleServices.isHere, Comment(rawValue: GoogleServices.absence)))
struct GoogleChainTests {
    private let lab: GoogleLab

    init() async throws { lab = try await GoogleLab() }

    private func leaveWithGcloud(_ file: JSONValue) throws {
        try Files.makeFolder(lab.machine.home.path(".config"))
        try Files.makeFolder(lab.machine.home.path(".config/gcloud"))
        try lab.machine.write(file.pretty, to: ".config/gcloud/application_default_credentials.json")
    }

    @Test func nothingAnywhere() async throws {
        let search = lab.search()
        let error = try await search.failure()
        #expect(error.code == .noCredentials)
        #expect(
            error.message
                == "there are no Google credentials; looked at: environment: GOOGLE_APPLICATION_CREDENTIALS is not set; "
                + "gcloud: ~/.config/gcloud/application_default_credentials.json is not there; "
                + "metadata server: NO_GCE_CHECK is set. For a public bucket write anonymous: true")
        #expect(search.attempts.map(\.source) == ["environment", "gcloud", "metadata server"])
    }

    @Test func theOrder() async throws {
        let metadata = ["GCE_METADATA_HOST": "127.0.0.1:\(lab.room.port)"]
        let account = try lab.account()
        try lab.machine.write(account.pretty, to: "account.json")
        let variable = ["GOOGLE_APPLICATION_CREDENTIALS": "~/account.json"].merging(metadata) { $1 }
        let onMachine = lab.search(metadata)
        #expect(try await onMachine.origin().description == "metadata server \(ServiceAccountFile.email)")
        #expect(onMachine.attempts.map(\.source) == ["environment", "gcloud"])
        try leaveWithGcloud(lab.user)
        let gcloud = lab.search(metadata)
        let place = "~/.config/gcloud/application_default_credentials.json"
        #expect(try await gcloud.origin().description == place)
        #expect(gcloud.attempts.map(\.source) == ["environment"])
        let named = lab.search(variable)
        #expect(try await named.origin().description == "~/account.json \(ServiceAccountFile.email)")
        #expect(named.attempts.isEmpty)
        let said = try lab.search(file: lab.workforceUser, variable)
        #expect(try await said.origin().description == "~/key.json")
        let asked = try await lab.room.asked()
        #expect(Set(asked.prefix(2)) == ["metadata-email", "metadata-token"])
        #expect(asked.dropFirst(2) == ["token", "workforce"])
    }

    @Test func anotherFolderOfGcloud() async throws {
        try lab.machine.write(lab.user.pretty, to: "application_default_credentials.json")
        let search = lab.search(["CLOUDSDK_CONFIG": lab.machine.home.path])
        #expect(try await search.origin().description == "~/application_default_credentials.json")
    }

    /// Who has credentials that do not work is not somebody else.
    @Test func brokenOnesEndTheSearch() async throws {
        try leaveWithGcloud(["type": "authorized_user"])
        let variables = ["GCE_METADATA_HOST": "127.0.0.1:\(lab.room.port)"]
        let error = try await lab.search(variables).failure()
        #expect(error.message.hasSuffix("application_default_credentials.json: refresh_token is missing"))
        let missing = try await lab.search(["GOOGLE_APPLICATION_CREDENTIALS": "~/none.json"]).failure()
        #expect(
            missing.message == "GOOGLE_APPLICATION_CREDENTIALS: ~/none.json cannot be read: No such file or directory")
        #expect(try await lab.room.asked().isEmpty)
    }

    @Test func asNobody() async throws {
        #expect(try await lab.search { $0.isAnonymous = true }.credentials() == nil)
        let elsewhere = lab.search(["GOOGLE_APPLICATION_CREDENTIALS": "~/none.json"]) { $0.mayUseMachine = false }
        #expect(try await elsewhere.credentials() == nil)
        #expect(elsewhere.name == "anonymous")
        // What the request itself says goes where the machine's own does not.
        let said = try lab.search(file: lab.account()) { $0.mayUseMachine = false }
        #expect(try await lab.reads(said))
    }

    @Test func aKeyFromAnywhere() async throws {
        let text = try lab.account().pretty
        try lab.machine.write(text + "\n", to: "account.json")
        let path = lab.machine.home.path("account.json")
        let variables = ["KEY": text, "KEY_PATH": path + "\n"]
        for (input, place) in [
            (.literal(text), "provider lab: key"), (.literal("~/account.json"), "~/account.json"),
            (.environment("KEY"), "provider lab: key in KEY"), (.environment("KEY_PATH"), "~/account.json"),
            (.file("~/account.json"), "provider lab: key in ~/account.json"),
            (.command(["cat", path]), "provider lab: key as its command prints it"),
        ] as [(SecretInput, String)] {
            let search = lab.search(variables) { $0.key = input }
            #expect(try await search.origin().description == "\(place) \(ServiceAccountFile.email)")
        }
        let none = try await lab.search { $0.key = .environment("NONE") }.failure()
        #expect(none.message == "provider lab: key: the environment has no NONE")
        let odd = try await lab.search { $0.key = .literal("geheim") }.failure()
        #expect(odd.message == "provider lab: key: it is no JSON: no value at byte 0")
    }

    /// Some put the file's text where its path belongs: it is not shown for one.
    @Test func aTextThatIsNoPath() async throws {
        let text = #"{"type": "service_account", "private_key": "geheim"}"#
        let variable = try await lab.search(["GOOGLE_APPLICATION_CREDENTIALS": text]).failure()
        #expect(
            variable.message == "GOOGLE_APPLICATION_CREDENTIALS: this is no path of a file; is it the file's text?")
        let said = try await lab.search { $0.keyFile = text.replacing(" ", with: "\n") }.failure()
        #expect(said.message == "provider lab: this is no path of a file; is it the file's text?")
        let encoded = Base64.text(of: Array(text.utf8))
        let key = try await lab.search { $0.key = .literal(encoded) }.failure()
        #expect(!key.message.contains(encoded.prefix(8)))
    }

    /// They are replaced under running jobs.
    @Test func filesAreReadAnew() async throws {
        let search = try lab.search(file: lab.user)
        let first = try await search.found()
        try lab.machine.write(try lab.account().pretty, to: "key.json")
        #expect(await search.renew(after: first))
        #expect(try await search.origin().identity == ServiceAccountFile.email)
    }
}

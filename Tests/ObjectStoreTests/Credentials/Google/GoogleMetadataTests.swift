import HTTP
import Platform
import TestSupport
import Testing

@testable import ObjectStore

@Suite(.enabled(if: GoogleServices.isHere, Comment(rawValue: GoogleServices.absence)))
struct GoogleMetadataTests {
    private let lab: GoogleLab

    init() async throws { lab = try await GoogleLab() }

    private func search(_ variable: String = "GCE_METADATA_HOST") -> GoogleCredentialSearch {
        lab.search([variable: "127.0.0.1:\(lab.room.port)"])
    }

    /// On a machine that is not quite as others.
    private func search(_ change: (inout CredentialMachine) -> Void) -> GoogleCredentialSearch {
        var machine = lab.machine.machine(["GCE_METADATA_HOST": "127.0.0.1:\(lab.room.port)"])
        change(&machine)
        var request = GoogleCredentialRequest(owner: "the task")
        request.mayUseMachine = true
        return request.search(on: machine)
    }

    private func attempt(_ search: GoogleCredentialSearch) async throws -> String {
        let error = try await search.failure()
        #expect(error.code == .noCredentials)
        return try #require(search.attempts.last).description
    }

    @Test func theAccountOfTheMachine() async throws {
        let search = search()
        #expect(try await lab.reads(search))
        #expect(try await search.origin().description == "metadata server \(ServiceAccountFile.email)")
        #expect(try await Set(lab.room.asked()) == ["metadata-email", "metadata-token"])
    }

    /// By its number it is asked under its name, and no name server has to know that.
    @Test func byNumber() async throws {
        #expect(try await lab.reads(search("GCE_METADATA_IP")))
        #expect(try await lab.room.asked("host") == ["metadata.google.internal", "metadata.google.internal"])
    }

    /// Only the one word says so, as Google's tools read it.
    @Test func switchedOff() async throws {
        let host = ["GCE_METADATA_HOST": "127.0.0.1:\(lab.room.port)"]
        let off = lab.search(host.merging(["NO_GCE_CHECK": "true"]) { $1 })
        #expect(try await attempt(off) == "metadata server: NO_GCE_CHECK is set")
        #expect(try await lab.room.asked().isEmpty)
        for word in ["false", "1", ""] {
            #expect(try await lab.reads(lab.search(host.merging(["NO_GCE_CHECK": word]) { $1 })))
        }
    }

    // MARK: Outside of the cloud

    @Test func nobodyThere() async throws {
        let said = try await attempt(lab.search(["GCE_METADATA_HOST": "127.0.0.1:1"]))
        #expect(said.hasPrefix("metadata server at 127.0.0.1:1: nobody answers ("))
    }

    /// A machine whose packets go nowhere: a host that takes connections and says nothing is as slow.
    @Test func silence() async throws {
        try await lab.room.tell(["fail": ["metadata-email": ["stall": true], "metadata-token": ["stall": true]]])
        let began = Stopwatch()
        let patient = search { machine in
            machine.patienceMilliseconds = 900
            machine.localClient = HTTPClient()
        }
        #expect(
            try await attempt(patient)
                == "metadata server at 127.0.0.1:\(lab.room.port): nobody answers within a second")
        // Else it would be the client who gives up, after twice twenty seconds.
        #expect(began.seconds < 20)
    }

    /// Other clouds have something at the same number.
    @Test func somebodyElse() async throws {
        try await lab.room.tell(["stranger": true])
        #expect(
            try await attempt(search())
                == "metadata server at 127.0.0.1:\(lab.room.port): somebody else than Google answers")
    }

    @Test func noAccount() async throws {
        try await lab.room.tell(["accountless": true])
        #expect(
            try await attempt(search())
                == "metadata server at 127.0.0.1:\(lab.room.port): the machine has no service account")
    }

    // MARK: Within

    @Test(arguments: [429, 500, 503])
    func busyForAMoment(status: Int) async throws {
        try await lab.room.tell(["fail": ["metadata-token": ["status": status, "times": 2]]])
        #expect(try await lab.reads(search()))
        #expect(try await lab.room.asked().filter { $0 == "metadata-token" }.count == 3)
    }

    /// Whose token it is is not worth an error.
    @Test func aNameIsNotNeeded() async throws {
        let flavor = ["Metadata-Flavor": "Google"]
        try await lab.room.tell([
            "fail": ["metadata-email": ["status": 500, "headers": flavor] as [String: any Sendable]]
        ])
        let search = search()
        #expect(try await lab.reads(search))
        #expect(try await search.origin().description == "metadata server")
    }

    @Test(arguments: [(403, StoreError.Code.denied), (500, .unreachable)])
    func refusals(status: Int, code: StoreError.Code) async throws {
        try await lab.room.tell(["fail": ["metadata-token": ["status": status]]])
        let error = try await search().failure()
        #expect(error.code == code && error.status == status)
        #expect(error.message.hasPrefix("metadata server at 127.0.0.1:\(lab.room.port): it gives no token: "))
    }

    @Test func anAnswerOfSomebodyElse() async throws {
        let document = #"{"access_token": "geheim", "expires_in": 3600}"#
        try await lab.room.tell([
            "fail": ["metadata-token": ["status": 200, "body": document] as [String: any Sendable]]
        ])
        let error = try await search().failure()
        #expect(error.message.hasSuffix("the answer does not come from Google"))
    }

    @Test func noProxyIsAsked() async throws {
        var settings = HTTPSettings()
        settings.proxies = Proxies { $0 == "http_proxy" ? "http://127.0.0.1:1" : nil }
        #expect(try await lab.reads(search { $0.localClient = HTTPClient(settings) }))
    }

    @Test func aHostThatIsNone() async throws {
        let error = try await lab.search(["GCE_METADATA_HOST": "a b"]).failure()
        #expect(error.code == .invalid && error.message.hasPrefix("GCE_METADATA_HOST: "))
    }
}

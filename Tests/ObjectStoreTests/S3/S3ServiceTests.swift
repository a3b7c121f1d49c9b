import Checksums
import Glibc
import HTTP
import Platform
import Signing
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

/// What a store learns from refusals, against a server that says what a test wants.
struct S3ServiceTests {
    private static let found: [String: String] = ["ETag": "\"e\"", "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"]

    private func store(
        _ server: ScriptedServer, _ settings: S3Settings = S3Settings(),
        _ credentials: any AWSCredentialSource = FixedCredentials(S3TestStore.credentials)
    ) -> S3Store {
        let endpoint = S3Endpoint(isSecure: false, host: "127.0.0.1", port: server.port)
        var quick = HTTPSettings()
        quick.retries.baseMilliseconds = 1
        return S3Store(
            S3Site(.endpoint(endpoint), bucket: "data"), settings, credentials: credentials, client: HTTPClient(quick))
    }

    private static func error(_ code: String, _ more: String = "") -> String {
        "<Error><Code>\(code)</Code><Message>said so</Message>\(more)</Error>"
    }

    @Test func theRegionIsTakenFromARefusal() async throws {
        let server = try ScriptedServer { request, connection in
            if request["Authorization"]?.contains("/eu-west-3/s3/") == true {
                return try connection.answer(200, Self.found, "content")
            }
            try connection.answer(400, [:], Self.error("AuthorizationHeaderMalformed", "<Region>eu-west-3</Region>"))
        }
        let found = store(server)
        #expect(try await found.text("a") == "content")
        #expect(try await found.text("a") == "content")
        #expect(server.requests == 3)

        var settings = S3Settings()
        settings.region = "us-west-2"
        let stated = store(server, settings)
        await expectFailure(.wrongRegion) { () throws(StoreError) in try await stated.text("a") }
        #expect(server.requests == 4)
    }

    /// Over TLS nobody else can change a body; where somebody could, it is signed as well.
    @Test(arguments: [true, false]) func bodiesAreSigned(isSecure: Bool) async throws {
        let authority = try TestAuthority.shared.get()
        let hashes = Mutex<[String?]>([])
        let server = try ScriptedServer(identity: isSecure ? try authority.identity("good") : nil) {
            request, connection in
            hashes.withLock { $0.append(request["x-amz-content-sha256"]) }
            try connection.answer(200, Self.found)
        }
        var settings = S3Settings()
        settings.trust = .authorities(file: authority.file)
        let endpoint = S3Endpoint(isSecure: isSecure, host: "localhost", port: server.port)
        let store = S3Store(
            S3Site(.endpoint(endpoint), bucket: "data", usesPathStyle: true), settings,
            credentials: FixedCredentials(S3TestStore.credentials), client: HTTPClient())
        let content = Array("content".utf8)
        _ = try await store.put("a", .bytes(content), PutOptions())
        let hash = try Checksum(.sha256, of: content).hex
        #expect(hashes.withLock { $0 } == [isSecure ? "UNSIGNED-PAYLOAD" : hash])
    }

    @Test func oneAsksForTheRegionAndAllWait() async {
        let region = S3Region(nil, S3Site(.vendor(.amazon), bucket: "data"))
        let asked = Noted<String>()
        let answers = await withTaskGroup(of: String.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    await region.current {
                        asked.note("asked")
                        try? await Task.sleep(for: .milliseconds(20))
                        return "eu-west-1"
                    }
                }
            }
            return await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(answers == ["eu-west-1"] && asked.all == ["asked"])
    }

    /// A region becomes part of the host that credentials go to.
    @Test func redirectsStayWithTheVendor() async throws {
        let service = S3Service(
            S3Site(.vendor(.amazon), bucket: "data"), S3Settings(), FixedCredentials(S3TestStore.credentials)
        ) { "us-east-1" }
        let request = HTTPRequest(.get, service.site.address("a", region: "us-east-1"))
        let first = try await service.prepare(request, attempt: 1)
        func redirected(to region: String) async -> String {
            let head = HTTPHead(
                status: 301, headers: ["x-amz-bucket-region": region, "Location": "https://evil.example.org/"])
            return "\(await service.judge(HTTPResponse(head: head), to: first))"
        }
        #expect(first.address.host == "data.s3.us-east-1.amazonaws.com")
        #expect(await redirected(to: "x.evil.example.org/") == "usual")
        #expect(await redirected(to: "eu-west-1") == "mended")
        let second = try await service.prepare(request, attempt: 2)
        #expect(second.address.host == "data.s3.eu-west-1.amazonaws.com")
        #expect(second.headers["Authorization"]?.contains("/eu-west-1/s3/") == true)
        #expect(second.headers["x-amz-content-sha256"]?.count == 64)
    }

    @Test func theClockIsTakenFromARefusal() async throws {
        // An hour ahead of us.
        let now = CivilTime(secondsSince1970: time(nil) + 3600)
        let two = { (number: Int) in (number < 10 ? "0" : "") + String(number) }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let date =
            "Sun, \(two(now.day)) \(months[now.month - 1]) \(now.year) \(two(now.hour)):\(two(now.minute)):00 GMT"
        let stamp = "\(now.year)\(two(now.month))\(two(now.day))T\(two(now.hour))"
        let server = try ScriptedServer { request, connection in
            if request["x-amz-date"]?.hasPrefix(stamp) == true {
                return try connection.answer(200, Self.found, "content")
            }
            let body = request.method == "HEAD" ? "" : Self.error("RequestTimeTooSkewed")
            try connection.answer(403, ["Date": date], body)
        }
        #expect(try await store(server).text("a") == "content")
        // Without a word, but the time can be seen.
        #expect(try await store(server).stat("a").version.text == "e")
    }

    @Test func credentialsAreRenewedOnce() async throws {
        let server = try ScriptedServer { request, connection in
            if request["x-amz-security-token"] == "new" { return try connection.answer(200, Self.found, "content") }
            try connection.answer(400, [:], Self.error("ExpiredToken"))
        }
        let renewing = RenewableCredentials(renewals: 1)
        #expect(try await store(server, S3Settings(), renewing).text("a") == "content")
        #expect(server.requests == 2)

        let expired = RenewableCredentials(renewals: 0)
        await expectFailure(.expiredCredentials) { () throws(StoreError) in
            try await store(server, S3Settings(), expired).text("a")
        }
        #expect(server.requests == 3)
        #expect(renewing.refused == ["old"] && expired.refused == ["old"])
    }

    @Test func withoutCredentialsNothingIsSigned() async throws {
        let server = try ScriptedServer { request, connection in
            let isSigned = request["Authorization"] != nil || request["x-amz-security-token"] != nil
            try connection.answer(isSigned ? 400 : 200, Self.found, "content")
        }
        #expect(try await store(server, S3Settings(), FixedCredentials(nil)).text("a") == "content")
    }

    @Test func settingsAreSent() async throws {
        let heads = Noted<String>()
        let server = try ScriptedServer { request, connection in
            heads.note(request.head.lowercased())
            try connection.answer(200, Self.found)
        }
        var settings = S3Settings()
        settings.requesterPays = true
        settings.headers = ["X-Own": "1"]
        settings.acl = "bucket-owner-full-control"
        settings.storageClass = "STANDARD_IA"
        settings.kmsKeyID = "key"
        let store = store(server, settings)
        try await store.put("a", "x")
        _ = try await store.text("a")
        let (put, get) = (heads.all[0], heads.all[1])
        for line in [
            "x-amz-request-payer: requester", "x-own: 1", "x-amz-acl: bucket-owner-full-control",
            "x-amz-storage-class: standard_ia", "x-amz-server-side-encryption: aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id: key",
        ] {
            #expect(put.contains(line))
            #expect(get.contains(line) == ["x-amz-request-payer: requester", "x-own: 1"].contains(line))
        }
    }
}

/// Credentials whose token is `old`, and `new` after as many renewals.
private final class RenewableCredentials: AWSCredentialSource {
    let name = "tests"
    private let state: Mutex<(renewals: Int, refused: [String])>

    init(renewals: Int) {
        state = Mutex((renewals, []))
    }

    var refused: [String] { state.withLock { $0.refused } }

    func credentials() -> AWSCredentials? {
        state.withLock { state in
            AWSCredentials(
                accessKeyID: "AKID", secretAccessKey: "secret",
                sessionToken: state.renewals == 0 && !state.refused.isEmpty ? "new" : "old")
        }
    }

    func renew(after refused: AWSCredentials) -> Bool {
        state.withLock { state in
            state.refused.append(refused.sessionToken ?? "")
            guard state.renewals > 0 else { return false }
            state.renewals -= 1
            return true
        }
    }
}

/// What happened, in order.
private final class Noted<Element: Sendable>: Sendable {
    private let state = Mutex<[Element]>([])

    var all: [Element] { state.withLock { $0 } }

    func note(_ element: Element) { state.withLock { $0.append(element) } }
}

import Foundation
import JSON
import Signing
import TestSupport
import Testing

struct JSONWebTokenTests {
    private static let now = Int(Date().timeIntervalSince1970)
    private static let claims: JSONValue = [
        "iss": "é \"x\"\n", "sub": "tester", "iat": .integer(now), "exp": .integer(now + 3600),
        "scope": "https://www.googleapis.com/auth/devstorage.read_write",
    ]

    private static func key(_ file: ServiceAccountFile) throws -> RSAKey { try RSAKey(pem: pem(file)) }

    private static func pem(_ file: ServiceAccountFile) throws -> String {
        try JSONValue(reading: file.content)["private_key"]?.text ?? ""
    }

    @Test(.enabled(if: GoogleAuth.isHere, Comment(rawValue: GoogleAuth.absence)), arguments: ["rsa:2048", "rsa:4096"])
    func googleBelievesThem(algorithm: String) throws {
        let folder = try TemporaryFolder()
        let file = try ServiceAccountFile(in: folder, algorithm: [algorithm])
        let key = try Self.key(file)
        let token = try JSONWebToken.signed(Self.claims, by: key, keyID: "k1")
        var expired = Self.claims
        if case .object(let members) = expired {
            expired = .object(members.map { $0.name == "exp" ? .init("exp", .integer(Self.now - 3600)) : $0 })
        }
        let other = try Self.key(ServiceAccountFile(in: TemporaryFolder()))
        let tokens = [
            token, Self.damaged(token), try JSONWebToken.signed(expired, by: key, keyID: "k1"),
            try JSONWebToken.signed(Self.claims, by: other, keyID: "k1"),
        ]
        let certificate = try TemporaryFolder.text(of: file.certificate)
        let verdicts = try GoogleAuth.verify(tokens, certificate: certificate, keyID: "k1")
        #expect(verdicts.count == 4)
        #expect(verdicts[0]["claims"] == Self.claims)
        #expect(verdicts[0]["header"] == ["alg": "RS256", "typ": "JWT", "kid": "k1"])
        for verdict in verdicts.dropFirst() { #expect(verdict["error"] != nil, "\(verdict)") }
    }

    /// One letter of the claims is another.
    private static func damaged(_ token: String) -> String {
        var parts = token.split(separator: ".").map(String.init)
        let last = parts[1].popLast()
        parts[1].append(last == "A" ? "E" : "A")
        return parts.joined(separator: ".")
    }

    @Test func keysThatAreNone() throws {
        let folder = try TemporaryFolder()
        let elliptic = try ServiceAccountFile(in: folder, algorithm: ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        let texts = [
            "", "geheim", "-----BEGIN PRIVATE KEY-----\ngeheim\n-----END PRIVATE KEY-----\n", try Self.pem(elliptic),
        ]
        for text in texts {
            let failure = #expect(throws: SigningError.self) { try RSAKey(pem: text) }
            #expect(failure?.description.contains("key") == true && failure?.description.contains("geheim") == false)
        }
    }

    /// Nobody is at a terminal to be asked for a password.
    @Test func aKeyWithAPasswordIsRefused() throws {
        let folder = try TemporaryFolder()
        let made = try Program.run([
            "openssl", "genpkey", "-algorithm", "RSA", "-aes256", "-pass", "pass:geheim", "-out", folder.path("key"),
        ])
        #expect(made.status == 0, "\(made.errors)")
        let text = try folder.read("key")
        #expect(throws: SigningError.self) { try RSAKey(pem: text) }
    }

    @Test func nothingThatPrintsAKeyShowsIt() throws {
        let key = try Self.key(ServiceAccountFile(in: TemporaryFolder()))
        var dumped = ""
        dump(key, to: &dumped)
        #expect("\(key)" == "RSAKey(***)" && !dumped.contains("0x"))
    }
}

import Checksums
import JSON
import TestSupport
import Testing

@testable import Signing

/// Signatures that Microsoft's own client made of the same, with the key of the bytes from 0 to 63.
struct AzureSigningTests {
    private static let date = "Fri, 20 Nov 2026 21:00:00 GMT"
    private static let version = "2021-12-02"

    struct Vector: Sendable, CustomTestStringConvertible {
        var method = "GET"
        var path: String
        var query = ""
        var headers: [String: String] = [:]
        var signature: String

        var testDescription: String { "\(method) \(path)?\(query)" }
    }

    static let vectors = [
        Vector(
            path: "/data", query: "restype=container&comp=list&prefix=dir%2Fa%20b&maxresults=1000",
            signature: "wLUJuZua0G+RBKv/r7FjeAiADussbPJSNi32Ff3+sJ8="),
        Vector(
            path: "/data/dir/caf%C3%A9%20x.bin", headers: ["x-ms-range": "bytes=0-1048575", "If-Match": "\"0x8DABC\""],
            signature: "EDF6Y8WzquQeq1jUpBRAtkPEkR8HxkfjIF4Lm7j1aTE="),
        Vector(
            method: "PUT", path: "/data/o.bin", query: "comp=block&blockid=MDAwMDAx",
            headers: [
                "Content-Length": "5", "Content-Type": "application/octet-stream",
                "Content-MD5": "XUFAKrxLKna5cZ2REBfFkg==",
            ],
            signature: "W/irWCwDxBX3mh8l/n5MMKtSX42IizKFsLJBnA2z5MQ="),
        // Where the account stands in the path, it is signed twice.
        Vector(
            method: "PUT", path: "/myaccount/data/e", query: "comp=blocklist",
            headers: ["Content-Length": "55", "Content-Type": "application/xml"],
            signature: "oTbnJaF6AW6FGLL4buTpGUuUD6/WqEVAw5LwNCUlztI="),
    ]

    private func key() throws -> SharedKey {
        try #require(SharedKey(account: "myaccount", base64: Base64.text(of: Array(0..<64))))
    }

    @Test(arguments: vectors) func requests(_ vector: Vector) throws {
        let headers = vector.headers.merging(["x-ms-date": Self.date, "x-ms-version": Self.version]) { $1 }
        let authorization = try key().authorization(
            method: vector.method, path: vector.path, query: [QueryItem](encoded: vector.query),
            headers: headers.map { (name: $0.key, value: $0.value) })
        #expect(authorization == "SharedKey myaccount:\(vector.signature)")
    }

    @Test func aBodyOfNothingHasNoLength() throws {
        let signed = try [[], [(name: "Content-Length", value: "0")]].map {
            try key().authorization(method: "PUT", path: "/data/a", query: [], headers: $0)
        }
        #expect(signed[0] == signed[1])
    }

    @Test func accessSignatures() throws {
        let expiry = 1_795_219_200
        let one = SharedAccessSignature.ofBlob(
            Array("dir/o.bin".utf8), in: "data",
            .init(permissions: "r", expiry: expiry, isSecureOnly: true, version: "2026-10-06"), signedBy: try key())
        #expect(field("sig", of: one) == "cNSKiJliIFkq7nn63LAkhuL0fdZ0HRQrYcWI2doXZeI=")
        #expect(field("se", of: one) == "2026-11-21T00:00:00Z" && field("spr", of: one) == "https")
        #expect(one.expiry == expiry && one.permissions == "r" && one.start == nil)
        let all = SharedAccessSignature.ofAccount(
            resources: "co", .init(permissions: "rl", expiry: expiry, isSecureOnly: false, version: "2026-10-06"),
            signedBy: try key())
        #expect(field("sig", of: all) == "iBZdUcOWIHHGoKG0M4MFgQGiokpiEHQSRoIequvGeeY=")
    }

    private func field(_ name: String, of signature: SharedAccessSignature) -> String? {
        [QueryItem](encoded: signature.query).first { $0.name == name }?.value.map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test func whatIsReadOfASignature() throws {
        let text = "sv=2021-12-02&st=2026-11-20&se=2026-11-21T00%3A30Z&sr=c&sp=rl&sig=a%2Bb%3D"
        let read = try #require(SharedAccessSignature("?" + text))
        #expect(read.query == text && read.appended(to: "comp=list") == "comp=list&" + text)
        #expect(read.start == 1_795_132_800 && read.expiry == 1_795_221_000 && read.permissions == "rl")
        #expect(read.mayPermit(anyOf: "cr") && !read.mayPermit(anyOf: "wc"))
        let ofPolicy = try #require(SharedAccessSignature("si=policy&sig=x"))
        #expect(ofPolicy.expiry == nil && ofPolicy.mayPermit(anyOf: "d"))
        #expect(SharedAccessSignature("se=2026-11-21T00:00:00.1234567Z&sig=x")?.expiry == 1_795_219_200)
        for wrong in [
            "", "?", "se=2026-11-21", "sig=", "se=tomorrow&sig=x", "se=2026-11-21T00&sig=x", "sig=x y", "sig=x#",
        ] {
            #expect(SharedAccessSignature(wrong) == nil, "\(wrong)")
        }
    }

    @Test func whatIsNoKey() {
        for text in ["", "a", "????"] { #expect(SharedKey(account: "a", base64: text) == nil) }
    }

    @Test func nothingThatPrintsThemShowsSecrets() throws {
        let secret = Base64.text(of: Array("geheim".utf8))
        let key = try #require(SharedKey(account: "mine", base64: secret))
        let signature = try #require(SharedAccessSignature("sp=r&sig=geheim"))
        for value in [key, signature, [key], Optional(signature) as Any] as [Any] {
            var dumped = ""
            dump(value, to: &dumped)
            for text in ["\(value)", String(reflecting: value), dumped] {
                #expect(!text.contains("geheim") && !text.contains(secret), "\(text)")
            }
        }
        #expect("\(key)" == "SharedKey(mine)")
    }

    /// Microsoft's own client signs names in the service's order; any two are compared.
    @Test(.enabled(if: AzureBlob.isHere, Comment(rawValue: AzureBlob.absence)))
    func theOrderOfNames() throws {
        let names = Array(Set(Self.oddNames + Self.names(of: 60)))
        let theirs = try AzureClient.run(["verb": "sort", "names": .strings(names)]).texts
        #expect(theirs.count == names.count)
        for (first, second) in zip(theirs, theirs.dropFirst()) where first != second {
            #expect(ServiceOrder.precedes(Array(first.utf8), Array(second.utf8)), "\(first) before \(second)")
            #expect(!ServiceOrder.precedes(Array(second.utf8), Array(first.utf8)), "\(first) before \(second)")
        }
    }

    private static let oddNames = [
        "x-ms-meta-a1", "x-ms-meta-a_1", "x-ms-meta-a", "x-ms-meta-a_", "x-ms-meta-_a", "x-ms-meta-aa", "x-ms-meta-1",
        "x-ms-copy-source", "x-ms-copy-source-authorization", "x-ms-copy-source-blob-properties", "x-ms-date",
        "x-ms-blob-type", "x-ms-blob-content-type", "x-ms-source-if-match", "x-ms-source-range", "x-ms-range",
        "x-ms-version", "x-ms-meta-ab-c", "x-ms-meta-a-bc", "x-ms-meta-abc",
    ]

    private static func names(of count: Int) -> [String] {
        (0..<count).map { _ in
            "x-ms-meta-" + String((0..<Int.random(in: 1...4)).compactMap { _ in "ab1_-".randomElement() })
        }
    }
}

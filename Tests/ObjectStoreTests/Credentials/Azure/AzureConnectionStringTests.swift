import Signing
import TestSupport
import Testing

@testable import ObjectStore

struct AzureConnectionStringTests {
    private static let key = AzureBlob.keyText

    private func read(_ text: String) throws -> AzureConnectionString { try AzureConnectionString(text, from: "tests") }

    @Test func asThePortalGivesIt() throws {
        let string = try read(
            "DefaultEndpointsProtocol=https;AccountName=lab1;AccountKey=\(Self.key);EndpointSuffix=core.windows.net")
        #expect(string.account == "lab1" && string.blobEndpoint == "https://lab1.blob.core.windows.net")
        #expect(string.credential == .key(try #require(SharedKey(account: "lab1", base64: Self.key))))
    }

    /// Names in any case, spaces, fields of other services, and endings that look like fields.
    @Test func asPeopleWriteIt() throws {
        let string = try read(
            " accountname = lab1 ;; ACCOUNTKEY=\(Self.key) ; QueueEndpoint=https://lab1.queue.core.windows.net;Odd=a=b; "
        )
        #expect(string.account == "lab1" && string.credential != nil)
        #expect(string.blobEndpoint == "https://lab1.blob.core.windows.net")
    }

    @Test(
        arguments: [
            ("AccountName=lab1;DefaultEndpointsProtocol=http", "lab1", "http://lab1.blob.core.windows.net"),
            (
                "AccountName=lab1;EndpointSuffix=core.chinacloudapi.cn", "lab1",
                "https://lab1.blob.core.chinacloudapi.cn"
            ),
            (
                "AccountName=lab1;EndpointSuffix=core.usgovcloudapi.net", "lab1",
                "https://lab1.blob.core.usgovcloudapi.net"
            ),
            ("AccountName=lab1;BlobEndpoint=http://127.0.0.1:10000/lab1/", "lab1", "http://127.0.0.1:10000/lab1"),
            (
                "BlobEndpoint=https://lab1.blob.core.windows.net/;SharedAccessSignature=", "lab1",
                "https://lab1.blob.core.windows.net"
            ),
            (
                "BlobEndpoint=https://lab1-secondary.blob.core.windows.net", "lab1",
                "https://lab1-secondary.blob.core.windows.net"
            ),
            ("BlobEndpoint=https://data.example.org", nil, "https://data.example.org"),
            ("BlobEndpoint=http://127.0.0.1:10000", nil, "http://127.0.0.1:10000"),
        ] as [(String, String?, String)])
    func places(text: String, account: String?, endpoint: String) throws {
        let string = try read(text)
        #expect(string.account == account && string.blobEndpoint == endpoint && string.credential == nil)
    }

    @Test func aSignature() throws {
        let text = "sv=2021-12-02&se=2099-01-01T00%3A00%3A00Z&sp=rl&sig=a%2Bb%3D"
        for mark in ["", "?"] {
            let string = try read(
                "BlobEndpoint=https://lab1.blob.core.windows.net/;SharedAccessSignature=\(mark)\(text)")
            #expect(string.credential?.link?.query == text)
        }
    }

    @Test func theEmulator() throws {
        let string = try read("UseDevelopmentStorage=true")
        #expect(string.account == "devstoreaccount1")
        #expect(string.blobEndpoint == "http://127.0.0.1:10000/devstoreaccount1")
        guard case .key(let key) = string.credential else {
            Issue.record("no key")
            return
        }
        #expect(key.account == "devstoreaccount1")
        #expect(try read("UseDevelopmentStorage=False;AccountName=lab1").account == "lab1")
    }

    @Test func nothingThatPrintsItShowsSecrets() throws {
        let string = try read("AccountName=lab1;AccountKey=\(Self.key)")
        var dumped = ""
        dump(string, to: &dumped)
        for text in ["\(string)", String(reflecting: string), dumped] { #expect(!text.contains(Self.key.prefix(12))) }
    }
}

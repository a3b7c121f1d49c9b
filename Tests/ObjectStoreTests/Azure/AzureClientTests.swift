import Checksums
import JSON
import ObjectStore
import Platform
import Signing
import TestSupport
import Testing

/// Microsoft's own client on the same server: what one writes the other reads.
@Suite(.enabled(if: AzureBlob.isHere, Comment(rawValue: AzureBlob.absence)))
struct AzureClientTests {
    @Test func itReadsWhatWeWrite() async throws {
        let server = try await AzureBlob.shared.server
        let container = try await server.makeContainer()
        let store = try await AzureTestStore.make(container: container)
        let metadata = ObjectMetadata(contentType: "text/x-test", user: ["mtime": "1.5", "a1": "x", "a_1": "y"])
        let keys: [ObjectKey] = ["a/b c+%2F?#&", "ü/é", "a\u{1}b", "a//b", "empty"]
        for key in keys {
            let body = Array((key == "empty" ? "" : key.shown).utf8)
            _ = try await store.put(key, .bytes(body), PutOptions(metadata: metadata, checksum: .computed(.md5)))
        }
        let upload = try await store.beginUpload("parts", UploadOptions(metadata: metadata))
        let source = CopySource("ü/é")
        let parts = [
            try await store.uploadPart(1, of: upload, .bytes(Array("one".utf8)), checksum: .computed(.md5)),
            try await store.copyPart(7, of: upload, from: source, 0..<2),
        ]
        _ = try await store.complete(upload, parts, if: .ifAbsent)
        _ = try await store.copy(source, to: "copy", nil, if: .ifAbsent)

        let found = try AzureClient.run("read", on: server, container: container)
        let contents = keys.map { ($0.exactText ?? "", $0 == "empty" ? "" : $0.shown) }
        for (name, content) in contents + [("parts", "oneü"), ("copy", "ü/é")] {
            #expect(found[name]?["content"]?.text == content.utf8.map { Self.hex($0) }.joined(), "\(name)")
            #expect(found[name]?["type"]?.text == "text/x-test", "\(name)")
            for (name, value) in metadata.user { #expect(found["copy"]?["metadata"]?[name]?.text == value) }
        }
        #expect(found.names.count == keys.count + 2)
    }

    @Test func weReadWhatItWrites() async throws {
        let server = try await AzureBlob.shared.server
        let container = try await server.makeContainer()
        let store = try await AzureTestStore.make(container: container)
        try await store.check()
        let objects = ["a/b c+%2F?#&": 10, "ü/é": 0, "in blocks": 5000, "a\u{1}b": 999]
        let order = objects.map { name, size in
            JSONValue.Member(
                name,
                [
                    "content": .string(String(repeating: "61", count: size)), "type": "text/x-test",
                    "metadata": ["Mtime": "1.5", "a_1": "y"],
                ])
        }
        _ = try AzureClient.run("write", on: server, container: container, [.init("objects", .object(order))])
        #expect(Set(try await store.listAll().keys) == Set(objects.keys.map { ObjectKey($0).shown }))
        for (name, size) in objects {
            let key = ObjectKey(name)
            #expect(try await store.text(key) == String(repeating: "a", count: size))
            let info = try await store.stat(key)
            #expect(info.metadata.contentType == "text/x-test")
            #expect(info.metadata.user == ["mtime": "1.5", "a_1": "y"])
        }
    }

    @Test func itDrivesEveryRoute() async throws {
        let server = try await AzureBlob.shared.server
        let name = "routes-" + String(UInt64.random(in: .min ... .max), radix: 36)
        #expect(try AzureClient.run("routes", on: server, container: name).text == "all")
    }

    /// As each of those who may ask.
    @Test(arguments: ["key", "signature"]) func itDrivesEveryRouteOfTrees(credential: String) async throws {
        let server = try await AzureBlob.tree.server
        let container = try await server.makeContainer()
        let order: [JSONValue.Member] = [
            .init("credential", .string(credential)), .init("permissions", "racwdlm"), .init("blob", "-"),
        ]
        #expect(try AzureClient.run("tree", on: server, container: container, order).text == "all")
        let store = try await AzureTestStore.tree(container: container)
        #expect(try await store.listAll().keys == ["moved/a b+%2F?/ü", "z"])
        #expect(try await store.text("z") == "one")
    }

    @Test func signaturesOfItsMaking() async throws {
        let server = try await AzureBlob.shared.server
        let container = try await server.makeContainer()
        try await AzureTestStore.make(container: container).put("a b/c", "content")
        let made = try AzureClient.run(
            "sign", on: server, container: container, [.init("blob", "a b/c"), .init("permissions", "rl")])
        let link = try #require(SharedAccessSignature(made["container"]?.text ?? ""))
        let store = try await AzureTestStore.make(.link(link), container: container)
        #expect(try await store.text("a b/c") == "content")
        #expect(try await store.listAll().keys == ["a b/c"])
        let ofBlob = try #require(SharedAccessSignature(made["blob"]?.text ?? ""))
        let one = try await AzureTestStore.make(.link(ofBlob), container: container)
        #expect(try await one.text("a b/c", ReadRange(from: 3)) == "tent")
        await expectFailure(.denied) { () throws(StoreError) in try await one.text("other") }
        await expectFailure(.denied) { () throws(StoreError) in try await one.list(ListRequest()) }
        // One letter of it changed.
        let broken = try #require(SharedAccessSignature(link.query.replacing("sp=rl", with: "sp=rwl")))
        let failure = await #expect(throws: StoreError.self) {
            try await AzureTestStore.make(.link(broken), container: container).text("a b/c")
        }
        #expect(failure?.code == .denied && failure?.message.contains("its signature is wrong") == true)
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }
}

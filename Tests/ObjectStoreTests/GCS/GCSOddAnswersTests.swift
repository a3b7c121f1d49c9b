import Checksums
import HTTP
import Platform
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

/// Servers that answer otherwise than GCS does when all is well.
struct GCSOddAnswersTests {
    // MARK: Reading

    @Test func theWholeInsteadOfARange() async throws {
        let server = try ScriptedServer { request, connection in
            #expect(request["Accept-Encoding"] == "gzip" && request["Authorization"] == nil)
            try connection.answer(200, GCSAnswers.found, "0123456789")
        }
        let store = try GCSTestStore.make(onPort: server.port)
        #expect(try await store.text("a", ReadRange(from: 3, count: 4)) == "3456")
        await expectFailure(.invalid) { () throws(StoreError) in try await store.text("a", ReadRange(from: 10)) }
    }

    /// A server that does not know generations hands out what it has.
    @Test func anotherGenerationIsRefused() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200, GCSAnswers.found, "new") }
        await expectFailure(.changed) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: server.port).text("a", of: ObjectVersion("6"))
        }
        #expect(server.requests == 1)
        await expectFailure(.changed) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: server.port).text("a", of: ObjectVersion("0"))
        }
        #expect(server.requests == 1, "nothing is of version 0")
    }

    @Test func whatWasUnpackedOnTheWayIsRefused() async throws {
        let server = try ScriptedServer { _, connection in
            let headers = ["x-goog-stored-content-encoding": "gzip", "Warning": "214 UploadServer gunzipped"]
            try connection.answer(200, GCSAnswers.found.merging(headers) { old, _ in old }, "unpacked")
        }
        let store = try GCSTestStore.make(onPort: server.port)
        await expectFailure(.inputOutput) { () throws(StoreError) in try await store.text("a") }
    }

    @Test(arguments: ["{}", "[1]", "nonsense", #"{"items": [{"name": "a"}]}"#])
    func documentsThatAreNone(body: String) async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200, [:], body) }
        let store = try GCSTestStore.make(onPort: server.port)
        await expectFailure(.inputOutput) { () throws(StoreError) in try await store.stat("a") }
        // That is a page without anything on it.
        guard body != "{}" else { return }
        await expectFailure(.inputOutput) { () throws(StoreError) in try await store.list(ListRequest()) }
    }

    // MARK: Lost answers

    /// Somebody else's object is not taken for ours.
    @Test func aLostAnswerAndSomebodyElsesObject() async throws {
        let server = try ScriptedServer { request, connection in
            switch (request.method, request.number) {
            case ("POST", 1): connection.reset()
            case ("POST", _): try connection.answer(412, [:], GCSAnswers.error(412, "conditionNotMet", "no"))
            default: try connection.answer(200, [:], GCSAnswers.object)
            }
        }
        await expectFailure(.conditionFailed) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: server.port).put("a", "mine", if: .ifAbsent)
        }
        #expect(server.requests == 3)
    }

    // MARK: What users say of a bucket

    @Test func settingsAreSaidWithEachWrite() async throws {
        var settings = GCSSettings()
        (settings.userProject, settings.acl) = ("payer", "private")
        (settings.storageClass, settings.kmsKeyName) = ("NEARLINE", "k/1")
        settings.headers = ["X-Mine": "yes"]
        let targets = Mutex<[String]>([])
        let server = try ScriptedServer { request, connection in
            #expect(request["X-Mine"] == "yes" && request.target.contains("userProject=payer"))
            targets.withLock { $0.append("\(request.method) \(request.target)") }
            guard request.method == "POST" else { return try connection.answer(200, [:], GCSAnswers.object) }
            #expect(String(decoding: request.body, as: UTF8.self).contains(#""storageClass":"NEARLINE""#))
            let rewritten = #"{"done": true, "resource": \#(GCSAnswers.object)}"#
            try connection.answer(200, [:], request.target.contains("rewriteTo") ? rewritten : GCSAnswers.object)
        }
        let store = try GCSTestStore.make(onPort: server.port, settings)
        _ = try await store.put("a", .bytes([1]), PutOptions())
        // All that the source has is said again, since its class would be all otherwise.
        _ = try await store.copy(CopySource("a"), to: "b", nil, if: .always)
        let asked = targets.withLock { $0 }
        #expect(asked.count == 3 && asked[1].hasPrefix("GET "))
        #expect(asked[0].contains("predefinedAcl=private") && asked[0].contains("kmsKeyName=k%2F1"))
        #expect(asked[2].contains("destinationPredefinedAcl=private") && asked[2].contains("sourceGeneration=7"))
        #expect(asked[2].contains("destinationKmsKeyName=k%2F1"))
    }

    // MARK: Copies and compositions

    @Test func aCopyThatCannotBeGoneOnWith() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200, [:], #"{"done": false}"#) }
        await expectFailure(.inputOutput) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: server.port).copy(CopySource("a"), to: "b", nil, if: .always)
        }
    }

    /// What was put together has to be what was sent.
    @Test func aCompositionThatIsAnother() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200, [:], GCSAnswers.object) }
        let upload = Upload(key: "a", id: String(repeating: "0", count: 32), options: UploadOptions())
        let sum = try Checksum(.crc32c, of: Array("mine".utf8))
        let part = UploadedPart(number: 1, size: 4, tag: "5", checksum: sum)
        await expectFailure(.inputOutput) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: server.port).complete(upload, [part], if: .always)
        }
    }

    /// A part that arrived otherwise than it was sent does not stay.
    @Test func aPartThatIsAnother() async throws {
        let deleted = Atomic(0)
        let server = try ScriptedServer { request, connection in
            guard request.method == "DELETE" else { return try connection.answer(200, [:], GCSAnswers.object) }
            deleted.add(1, ordering: .relaxed)
            try connection.answer(204)
        }
        let upload = Upload(key: "a", id: String(repeating: "0", count: 32), options: UploadOptions(checksum: .crc32c))
        await expectFailure(.inputOutput) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: server.port)
                .uploadPart(1, of: upload, .bytes([1]), checksum: .computed(.crc32c))
        }
        #expect(deleted.load(ordering: .relaxed) == 1)
    }

    @Test func bucketsInOneZoneAreRefused() async throws {
        let server = try ScriptedServer { request, connection in
            let isLayout = request.target.contains("storageLayout")
            try connection.answer(200, [:], isLayout ? #"{"locationType": "zone"}"# : "{}")
        }
        await expectFailure(.unsupported) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: server.port).check()
        }
    }

    /// A bucket without a hierarchy of folders has no moves, and one whose layout may not be seen neither.
    @Test(arguments: [(200, #"{"hierarchicalNamespace": {"enabled": false}}"#), (403, ""), (404, "")])
    func bucketsWithoutMoves(status: Int, layout: String) async throws {
        let server = try ScriptedServer { request, connection in
            guard request.target.contains("storageLayout") else { return try connection.answer(200, [:], "{}") }
            try connection.answer(status, [:], layout)
        }
        let store = try GCSTestStore.make(onPort: server.port)
        try await store.check()
        #expect(store.capabilities.atomicRename == .none)
        await expectFailure(.unsupported) { () throws(StoreError) in try await store.rename("a", to: "b", if: .always) }
    }
}

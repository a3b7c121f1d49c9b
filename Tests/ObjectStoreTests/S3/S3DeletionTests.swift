import HTTP
import ObjectStore
import Platform
import Synchronization
import TestSupport
import Testing

/// Many deletions on servers that cannot do them together, or do not do all of them.
struct S3DeletionTests {
    /// What a server was asked, in order.
    private final class Asked: Sendable {
        private let requests = Mutex<[ReceivedRequest]>([])

        func note(_ request: ReceivedRequest) { requests.withLock { $0.append(request) } }

        private func targets(_ method: String) -> [String] {
            requests.withLock { requests in requests.filter { $0.method == method }.map(\.target) }
        }

        var single: [String] { targets("DELETE") }
        var together: [String] { targets("POST") }
        var documents: [String] {
            requests.withLock { $0.filter { !$0.body.isEmpty }.map { String(decoding: $0.body, as: UTF8.self) } }
        }
    }

    private static func error(_ word: String) -> String {
        word.isEmpty ? "" : "<Error><Code>\(word)</Code><Message>said so</Message></Error>"
    }

    private static func result(failing key: String? = nil) -> String {
        let failure = key.map { "<Error><Key>\($0)</Key><Code>AccessDenied</Code><Message>no</Message></Error>" } ?? ""
        return "<DeleteResult>\(failure)</DeleteResult>"
    }

    /// Each key is asked for by itself, and what comes of it is said of that key and of no other. What is gone is deleted.
    @Test(arguments: [(501, "NotImplemented"), (501, ""), (400, "NotImplemented")])
    func whoCannotDoThemTogether(status: Int, word: String) async throws {
        let asked = Asked()
        let server = try ScriptedServer { request, connection in
            asked.note(request)
            if request.method == "POST" { return try connection.answer(status, [:], Self.error(word)) }
            switch request.target {
            case "/data/gone": try connection.answer(404, [:], Self.error("NoSuchKey"))
            case "/data/locked": try connection.answer(403, [:], Self.error("AccessDenied"))
            default: try connection.answer(204)
            }
        }
        let keys: [ObjectKey] = ["there", "gone", "locked", "", "there/too"]
        let outcomes = try await S3TestStore.make(server).delete(keys.map { Deletion($0) })
        #expect(outcomes.map(\.failure?.code) == [nil, nil, .denied, .invalid, nil])
        #expect(outcomes[2].failure?.message.hasPrefix("cannot delete locked: ") == true)
        #expect(asked.together == ["/data?delete="])
        #expect(asked.single.sorted() == ["/data/gone", "/data/locked", "/data/there", "/data/there/too"])
    }

    /// More of them than a request together would hold.
    @Test func moreThanAPage() async throws {
        let asked = Asked()
        let server = try ScriptedServer { request, connection in
            asked.note(request)
            if request.method == "POST" { return try connection.answer(501, [:], Self.error("NotImplemented")) }
            let number = Int(request.target.dropFirst("/data/k".count)) ?? 0
            guard number % 100 == 7 else { return try connection.answer(204) }
            try connection.answer(403, [:], Self.error("AccessDenied"))
        }
        let numbers = 0..<1003
        let outcomes = try await S3TestStore.make(server).delete(numbers.map { Deletion(ObjectKey("k\($0)")) })
        let expected = numbers.map { number -> StoreError.Code? in number % 100 == 7 ? .denied : nil }
        #expect(outcomes.map(\.failure?.code) == expected)
        #expect(asked.single.count == 1003)
        #expect(Set(asked.single).count == 1003)
        // It need not be told a second time.
        #expect(asked.together.count == 1)
    }

    /// Of what was done together before, nothing is asked again.
    @Test func oneThatWasDoneBefore() async throws {
        let asked = Asked()
        let server = try ScriptedServer { request, connection in
            asked.note(request)
            switch (request.method, request.number) {
            case ("POST", 1): try connection.answer(200, [:], Self.result(failing: "k5"))
            case ("POST", _): try connection.answer(501, [:], Self.error("NotImplemented"))
            case _ where request.target == "/data/k1001": try connection.answer(403, [:], Self.error("AccessDenied"))
            default: try connection.answer(204)
            }
        }
        let numbers = 0..<1002
        let outcomes = try await S3TestStore.make(server).delete(numbers.map { Deletion(ObjectKey("k\($0)")) })
        let expected = numbers.map { number -> StoreError.Code? in [5, 1001].contains(number) ? .denied : nil }
        #expect(outcomes.map(\.failure?.code) == expected)
        #expect(asked.single.sorted() == ["/data/k1000", "/data/k1001"])
    }

    /// Some say that there is no such method. Later deletions of the same store do not ask again.
    @Test(arguments: [(501, "NotImplemented"), (405, "MethodNotAllowed")])
    func whoCannotIsAskedOnce(status: Int, word: String) async throws {
        let asked = Asked()
        let server = try ScriptedServer { request, connection in
            asked.note(request)
            if request.method == "POST" { return try connection.answer(status, [:], Self.error(word)) }
            try connection.answer(204)
        }
        let store = S3TestStore.make(server)
        for _ in 0..<3 {
            let outcomes = try await store.delete([Deletion("a"), Deletion("b")])
            #expect(outcomes.map(\.failure?.code) == [nil, nil])
        }
        #expect(asked.together.count == 1 && asked.single.count == 6)
    }

    /// Who says no to all of them can do it, and is not asked for each.
    @Test(
        arguments: [
            (403, "AccessDenied", .denied), (503, "SlowDown", .throttled), (400, "MalformedXML", .invalid),
        ] as [(Int, String, StoreError.Code)])
    func whoRefusesThemTogether(status: Int, word: String, code: StoreError.Code) async throws {
        let asked = Asked()
        let server = try ScriptedServer { request, connection in
            asked.note(request)
            try connection.answer(status, [:], Self.error(word))
        }
        let outcomes = try await S3TestStore.make(server).delete([Deletion("a"), Deletion("b")])
        #expect(outcomes.map(\.failure?.code) == [code, code])
        #expect(!asked.together.isEmpty)
        #expect(asked.single == [])
    }

    /// A document cannot hold every key; the others go together all the same.
    @Test func keysThatNoDocumentHolds() async throws {
        let asked = Asked()
        let server = try ScriptedServer { request, connection in
            asked.note(request)
            if request.method == "POST" { return try connection.answer(200, [:], Self.result()) }
            try connection.answer(204)
        }
        let keys: [ObjectKey] = ["a", "b\u{1}c", "d&"]
        let outcomes = try await S3TestStore.make(server).delete(keys.map { Deletion($0) })
        #expect(outcomes.map(\.failure?.code) == [nil, nil, nil])
        #expect(asked.single == ["/data/b%01c"])
        let document = try #require(asked.documents.first)
        #expect(document.contains("<Key>a</Key>") && document.contains("<Key>d&amp;</Key>"))
        #expect(!document.contains("\u{1}") && asked.documents.count == 1)
    }
}

extension Result where Success == Void, Failure == StoreError {
    fileprivate var failure: StoreError? {
        if case .failure(let error) = self { error } else { nil }
    }
}

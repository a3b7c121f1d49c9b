import HTTP
import ObjectStore
import Platform
import Synchronization
import TestSupport
import Testing

/// What is found out about a file on a web server.
struct WebLookingTests {
    private func look(_ file: WebFile) async throws -> (ObjectInfo, WebStore) {
        let server = try ScriptedServer { try file.answer($0, $1) }
        let store = try WebTestStore.make(server)
        return (try await store.stat("file"), store)
    }

    @Test func whatHeadSays() async throws {
        var file = WebFile("0123456789")
        file.headers = ["Content-Type": "text/plain", "Content-Disposition": "attachment; filename=\"a b.txt\""]
        let (info, store) = try await look(file)
        #expect(info.size == 10 && !info.hasUnknownSize)
        #expect(info.version == ObjectVersion("\"one\""))
        #expect(info.modified == FileTime(seconds: 1_795_168_800, nanoseconds: 0))
        #expect(info.metadata.contentType == "text/plain")
        #expect(info.suggestedName == "a b.txt")
        #expect(store.capabilities.rangedReads)
    }

    @Test(arguments: [403, 405, 501])
    func headIsRefused(status: Int) async throws {
        var file = WebFile("0123456789")
        file.refusesHead = status
        let (info, store) = try await look(file)
        #expect(info.size == 10)
        #expect(store.capabilities.rangedReads)
        file.hasRanges = false
        let (other, whole) = try await look(file)
        #expect(other.size == 10)
        #expect(!whole.capabilities.rangedReads)
        file.hasRanges = true
        file.bytes = []
        #expect(try await look(file).0.size == 0)
    }

    /// A weak tag, or none, ties no ranges together.
    @Test(arguments: ["W/\"one\"", nil, "one"])
    func onlyStrongTagsAreVersions(tag: String?) async throws {
        var file = WebFile("0123456789")
        file.tag = tag
        let (info, store) = try await look(file)
        #expect(info.version == ObjectVersion("modified 1795168800"))
        #expect(!store.capabilities.rangedReads)
        file.modified = nil
        let (undated, _) = try await look(file)
        #expect(undated.modified.seconds == 1_800_000_000)
    }

    @Test func withoutRangesOrSize() async throws {
        var file = WebFile("0123456789")
        file.hasRanges = false
        #expect(try await !look(file).1.capabilities.rangedReads)
        file.statesLength = false
        let (info, _) = try await look(file)
        #expect(info.hasUnknownSize)
    }

    @Test(arguments: [
        (401, StoreError.Code.denied), (403, .denied), (404, .notFound), (410, .notFound), (503, .throttled),
        (400, .inputOutput), (204, .inputOutput),
    ])
    func refusals(status: Int, code: StoreError.Code) async throws {
        let server = try ScriptedServer { _, connection in
            try connection.send("HTTP/1.1 \(status) No\r\nContent-Length: 0\r\n\r\n")
        }
        let store = try WebTestStore.make(server, "/file?X-Secret=hush")
        do throws(StoreError) {
            _ = try await store.stat("file")
            Issue.record("should have failed")
        } catch {
            #expect(error.code == code, "\(error)")
            #expect(!error.message.contains("hush"), "\(error)")
        }
    }

    /// Asking would only bring a word about permissions.
    @Test func linksThatAreOver() async throws {
        let server = try ScriptedServer { try WebFile("x").answer($0, $1) }
        let query = "?X-Amz-Date=20260101T000000Z&X-Amz-Expires=3600&X-Amz-Signature=hush"
        let over = try WebTestStore.make(server, "/file" + query, now: 1_767_229_200)
        do throws(StoreError) {
            _ = try await over.stat("file")
            Issue.record("should have failed")
        } catch {
            #expect(error.code == .expiredCredentials)
            #expect(error.message.contains("2026-01-01T01:00:00Z") && !error.message.contains("hush"), "\(error)")
        }
        #expect(server.requests == 0)
        let good = try WebTestStore.make(server, "/file" + query, now: 1_767_229_199)
        #expect(try await good.stat("file").size == 1)
    }

    /// Temporary credentials end before the link says so.
    @Test func linksWhoseCredentialsAreOver() async throws {
        let server = try ScriptedServer { request, connection in
            guard request.method == "GET" else { return try connection.send("HTTP/1.1 403 No\r\n\r\n") }
            try connection.answer(400, [:], "<Error><Code>ExpiredToken</Code><Message>x</Message></Error>")
        }
        let store = try WebTestStore.make(server)
        await expectFailure(.expiredCredentials) { () throws(StoreError) in try await store.stat("file") }
    }

    @Test func otherKeysAreNotThere() async throws {
        let server = try ScriptedServer { try WebFile("x").answer($0, $1) }
        let store = try WebTestStore.make(server)
        await expectFailure(.notFound) { () throws(StoreError) in try await store.stat("other") }
        await expectFailure(.notFound) { () throws(StoreError) in try await store.text("other") }
        #expect(try await store.list(ListRequest()).objects.map(\.key) == ["file"])
        #expect(try await store.list(ListRequest(prefix: "g")).objects.isEmpty)
        #expect(server.requests == 1)
        await expectFailure(.unsupported) { () throws(StoreError) in try await store.put("file", "x") }
    }

    @Test func addressesThatAreNone() {
        for url in ["http://user:hush@host/x", "http://0x7f000001/x", "ftp://host/x", "http://host/a b"] {
            do throws(StoreError) {
                _ = try WebStore(url, shownAs: "x", key: "x", client: HTTPClient())
                Issue.record("should have failed")
            } catch {
                #expect(error.code == .invalid)
                #expect(!error.message.contains("hush"))
            }
        }
    }
}

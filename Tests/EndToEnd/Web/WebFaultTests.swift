import Foundation
import TestSupport
import Testing

/// Web servers and networks that fail for a while or give wrong answers, and copies that are killed. What is there is right, bit
/// for bit, and the proxy has seen every fault.
@Suite struct WebFaultTests {
    private let files: CopySandbox
    private let server: ScriptedServer
    private let proxy: FaultProxy
    private static let large = BucketSandbox.bytes(16 << 20, seed: 11)

    init() throws {
        files = try CopySandbox()
        server = try ScriptedServer { request, connection in
            try WebFile(Self.large).answer(request, connection)
            // The proxy waits for that.
            connection.close()
        }
        proxy = try FaultProxy(to: server.port)
    }

    /// In four parts, of which two come at once.
    private func start(concurrency: Int = 2) throws -> RunningProgram {
        let task = """
            file_mounts:
              \(files.destination):
                {source: "http://127.0.0.1:\(proxy.port)/large", part_size: 5MiB, concurrency: \(concurrency)}
            """
        return try Program.start(try files.words(task, []), in: files.folder.path)
    }

    private func expectAll(at location: Testing.SourceLocation = #_sourceLocation) {
        let copied = try? Data(contentsOf: URL(filePath: files.destination))
        #expect(copied == Data(Self.large), sourceLocation: location)
        #expect(files.leftovers(in: files.folder.path) == [], sourceLocation: location)
    }

    private func getsOver(_ faults: Fault..., at location: Testing.SourceLocation = #_sourceLocation) async throws {
        for fault in faults { proxy.add(fault) }
        let finished = try await start().end()
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)", sourceLocation: location)
        expectAll(at: location)
        proxy.expectDone(at: location)
    }

    @Test(arguments: [408, 429, 500, 502, 503, 504]) func busyServer(status: Int) async throws {
        let deed = Fault.Deed.answer(status)
        try await getsOver(Fault(deed, "HEAD", of: "/large", times: 2), Fault.reading("large", deed, skip: 1, times: 3))
    }

    @Test(arguments: [-1, 0, 1, 1_000_000, 5 << 20 - 1]) func brokenConnections(place: Int) async throws {
        let deed = place < 0 ? Fault.Deed.hangUp : .reset(after: place)
        try await getsOver(
            Fault(.hangUp, "HEAD", of: "/large"), Fault.reading("large", deed, times: 2),
            Fault.reading("large", .end(after: max(0, place))))
    }

    @Test func stalls() async throws {
        try await getsOver(Fault.reading("large", .stall(after: 1 << 20)), Fault.reading("large", .drip(200)))
    }

    /// What was asked is cut out of what came.
    @Test func theWholeInThePlaceOfAPart() async throws {
        try await getsOver(Fault.reading("large", .wholeInstead(Self.large), skip: 1, times: 2))
    }

    /// None of these may become a part of the file; once they are over the copy is completed.
    @Test(
        arguments: [
            (["Content-Range": "bytes 5242880-10485759/16777216"], "input-output"),
            (["Content-Range": "bytes 0-5242879/16777217"], "source-changed"), (["Content-Range": nil], "input-output"),
            (["ETag": "\"two\""], "source-changed"),
        ] as [([String: String?], String)])
    func wrongAnswers(headers: [String: String?], code: String) async throws {
        // Another version comes behind a part of the first one.
        proxy.add(Fault.reading("large", .rewrite(headers), skip: headers.keys.contains("ETag") ? 1 : 0))
        let failed = try await start(concurrency: 1).end()
        #expect(failed.status == 74, "\(failed.output)\(failed.errors)")
        #expect(try Document(failed).mounts.first?.code == code)
        #expect(!Files.isThere(files.destination))
        proxy.expectDone()
        let finished = try await start().end()
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        expectAll()
    }

    /// The next run asks for what is missing and for nothing else.
    @Test func killedInTheMiddle() async throws {
        proxy.add(Fault.reading("large", .stall(after: 100_000), skip: 2))
        let running = try start()
        for _ in 0..<4000 where proxy.done == [0] { try await Task.sleep(for: .milliseconds(5)) }
        running.signal(SIGKILL)
        #expect(try await running.end().status == 137)
        #expect(!Files.isThere(files.destination))
        proxy.expectDone()
        let moved = proxy.bytesRead
        let finished = try await start().end()
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        expectAll()
        // One part a connection is lost at most. What the proxy sent last may not be counted yet.
        #expect(proxy.bytesRead <= Self.large.count + 2 * 5 << 20)
        #expect(proxy.bytesRead - moved <= Self.large.count - 4 << 20)
    }
}

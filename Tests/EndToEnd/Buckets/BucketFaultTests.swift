import Foundation
import TestSupport
import Testing

/// Servers and networks that fail for a while. Each of these is got over: all arrives, bit for bit, and the proxy has seen
/// every fault.
@Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct BucketFaultTests {
    private var sandbox: BucketSandbox

    static let bucket = SharedBucket([
        "small": BucketSandbox.bytes(20_000), "d/other": BucketSandbox.bytes(300),
        "large": BucketSandbox.bytes(11 << 20, seed: 3),
    ])

    init() async throws {
        sandbox = try await BucketSandbox(Self.bucket)
    }

    private var task: String { sandbox.task(nil, "part_size: 5MiB") }

    @discardableResult
    private func getsOver(
        _ faults: Fault..., at location: Testing.SourceLocation = #_sourceLocation
    ) async throws -> (document: Document, proxy: FaultProxy) {
        var sandbox = sandbox
        let proxy = try sandbox.proxy()
        for fault in faults { proxy.add(fault) }
        let document = try await sandbox.succeed(task, at: location)
        sandbox.expect(Self.bucket.objects, at: location)
        proxy.expectDone(at: location)
        return (document, proxy)
    }

    @Test(arguments: [
        (503, "SlowDown"), (503, "ServiceUnavailable"), (429, "TooManyRequests"), (500, "InternalError"), (502, ""),
        (504, ""), (408, "RequestTimeout"),
    ])
    func busyServer(status: Int, code: String) async throws {
        let deed = Fault.refusal(status, code)
        let (document, _) = try await getsOver(
            Fault.listing(deed, times: 2), Fault.reading("small", deed, times: 2),
            Fault.reading("large", deed, skip: 1, times: 2))
        #expect((document.mounts.first?.json["retries"] as? Int ?? 0) >= 6)
    }

    /// Who is asked to come back later does so, and not before.
    @Test func retryAfter() async throws {
        let (_, proxy) = try await getsOver(
            Fault.reading("small", Fault.refusal(503, "SlowDown", ["Retry-After": "1"])))
        let times = proxy.reads.filter { $0.request.key == "small" }.map(\.at)
        #expect(times.count == 2 && times[1] - times[0] >= .seconds(1))
    }

    /// A break at any byte: before the answer, at its beginning, in the middle, before its last byte.
    @Test(arguments: [-1, 0, 1, 4096, 19_999])
    func brokenConnections(place: Int) async throws {
        let small = place < 0 ? Fault.Deed.hangUp : .reset(after: place)
        let large = place < 0 ? Fault.Deed.hangUp : .reset(after: place * 200)
        try await getsOver(
            Fault.listing(small, times: place < 400 ? 1 : 0), Fault.reading("small", small, times: 2),
            Fault.reading("large", large, times: 3))
    }

    @Test(arguments: [0, 1, 4096, 19_999])
    func answersCutShort(place: Int) async throws {
        try await getsOver(
            Fault.listing(.end(after: place), times: place < 400 ? 1 : 0),
            Fault.reading("small", .end(after: place), times: 2),
            Fault.reading("large", .end(after: place * 200), times: 3))
    }

    /// A random place, printed when it matters.
    @Test(arguments: 0..<6)
    func brokenAnywhere(number: Int) async throws {
        let place = Int.random(in: 0..<5 << 20)
        let deed = number % 2 == 0 ? Fault.Deed.reset(after: place) : .end(after: place)
        try await getsOver(Fault.reading("large", deed))
    }

    /// Nothing comes any more, or next to nothing, on connections that stay: after a while another one is tried.
    @Test func stalls() async throws {
        try await getsOver(
            Fault.reading("other", .stall(after: 0)), Fault.reading("small", .stall(after: 5000)),
            Fault.reading("large", .stall(after: 1 << 20)), Fault.reading("large", .drip(200)))
    }

    /// Slow is not stalled.
    @Test func slowDrip() async throws {
        let (document, proxy) = try await getsOver(Fault.reading("small", .drip(8000)))
        #expect(document.mounts.first?.json["retries"] as? Int == 0)
        #expect(proxy.reads.count == 5)
    }

    /// A server that has answered and then is away, as when it is started anew, is waited for.
    @Test func nobodyListensForAWhile() async throws {
        var sandbox = sandbox
        let port = try FreePorts.take(1)[0]
        var first: FaultProxy? = try FaultProxy(
            to: sandbox.server.port, port: port, [Fault.reading("large", .hangUp, times: 1000)])
        sandbox.port = port
        let running = try sandbox.start(task)
        for _ in 0..<4000 where first?.done == [0] { try await Task.sleep(for: .milliseconds(2)) }
        first = nil
        try await Task.sleep(for: .seconds(8))
        #expect(try running.isRunning)
        let second = try FaultProxy(to: sandbox.server.port, port: port)
        let finished = try await running.end()
        #expect(finished.status == 0, "\(finished.output)")
        sandbox.expect(Self.bucket.objects)
        #expect(second.passages.count >= 1)
    }

    /// A part that comes as the whole object is cut out of it.
    @Test func wholeObjectsForParts() async throws {
        let large = try #require(Self.bucket.objects["large"])
        try await getsOver(Fault.reading("large", .wholeInstead(large), skip: 1, times: 2))
    }

    /// Some servers send the part and say 200.
    @Test func partsWithTheWrongStatus() async throws {
        try await getsOver(Fault.reading("large", .rewrite(status: 200), times: 3))
    }
}

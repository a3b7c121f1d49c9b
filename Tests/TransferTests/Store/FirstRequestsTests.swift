import ObjectStore
import Platform
import Synchronization
import TestSupport
import Testing
import Transfer

@testable import HTTP

/// How many requests a copy begins with, before anything can be told from them.
struct FirstRequestsTests {
    /// How many there are before the first has ended, which does not end before there are as many as are expected.
    private func requests(expected: Int, of count: Int = 200, waiting: Double?, size: Int) throws -> Int {
        let begun = Mutex(0)
        let atFirstEnd = Mutex<Int?>(nil)
        let store = MemoryStore(onRead: { _, _, _ throws(StoreError) in
            begun.withLock { $0 += 1 }
            for _ in 0..<2000 where begun.withLock({ $0 < expected }) {
                try? await Task.sleep(for: .milliseconds(10))
            }
            // More than are expected would come now.
            try? await Task.sleep(for: .milliseconds(100))
            atFirstEnd.withLock { $0 = $0 ?? begun.withLock { $0 } }
        })
        for number in 0..<count { store.set(ObjectKey("\(number)".utf8), [UInt8](repeating: 1, count: size)) }
        var sandbox = try StoreSandbox(store)
        sandbox.requests = 256
        sandbox.partSize = 8 << 20
        sandbox.meter = HTTPMeter()
        sandbox.meter?.note(waiting.map { HTTPTiming(waiting: $0, receiving: 1) })
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(sandbox.files.count == count)
        return try #require(atFirstEnd.withLock { $0 })
    }

    @Test func smallObjectsBehindADistance() throws {
        #expect(try requests(expected: 128, waiting: 0.03, size: 1000) == 128)
    }

    @Test(arguments: [nil, 0.002]) func smallObjectsNearby(waiting: Double?) throws {
        #expect(try requests(expected: 16, waiting: waiting, size: 1000) == 16)
    }

    @Test func largeObjectsBehindADistance() throws {
        #expect(try requests(expected: 16, of: 40, waiting: 0.03, size: 1 << 20) == 16)
    }

    /// The shortest wait counts: of longer ones a part may be what the service does meanwhile.
    @Test func distances() {
        let meter = HTTPMeter()
        #expect(meter.distance == nil)
        meter.note(nil)
        for waiting in [0.5, 0.02, 0.3] { meter.note(HTTPTiming(waiting: waiting, receiving: 0)) }
        #expect(meter.distance == 0.02)
    }
}

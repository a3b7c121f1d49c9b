import HTTP
import Platform
import Synchronization
import TestSupport
import Testing

extension ScriptedServer {
    func address(_ path: String = "/", query: String = "") -> HTTPAddress {
        HTTPAddress(isSecure: false, host: "127.0.0.1", port: port, path: path, query: query)
    }
}

extension HTTPSettings {
    /// Short waits, so that tests are fast.
    static var forTests: HTTPSettings {
        var settings = HTTPSettings()
        settings.connectTimeoutMilliseconds = 5000
        settings.stallMilliseconds = 10_000
        settings.retries.baseMilliseconds = 1
        settings.retries.longestMilliseconds = 5
        return settings
    }
}

extension RetryPolicy {
    static var once: RetryPolicy {
        var policy = RetryPolicy()
        policy.attempts = 1
        return policy
    }
}

extension HTTPClient {
    static var forTests: HTTPClient { HTTPClient(.forTests) }

    func send(_ request: HTTPRequest, retrying policy: RetryPolicy? = nil) async throws(HTTPError) -> HTTPResponse {
        try await send(request, to: PlainHTTPService(), retrying: policy)
    }

    /// The error that it must end with.
    func failure(
        _ request: HTTPRequest, retrying policy: RetryPolicy? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> HTTPError {
        let error = await #expect(throws: HTTPError.self, sourceLocation: sourceLocation) {
            try await self.send(request, retrying: policy)
        }
        return try #require(error, sourceLocation: sourceLocation)
    }
}

/// Bytes that differ everywhere, so that a piece in the wrong place shows.
func sample(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15
    // Eight at a time: tests are built without optimisation.
    return [UInt8](unsafeUninitializedCapacity: count + 8) { buffer, initialized in
        let bytes = UnsafeMutableRawPointer(buffer.baseAddress!)
        var offset = 0
        while offset < count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes.storeBytes(of: state ^ state >> 29, toByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        initialized = count
    }
}

/// Time that passes when somebody waits, and chance that is always the same.
final class FakeTime: Sendable {
    private let now = Mutex(1_000_000)
    private let waits = Mutex<[Int]>([])

    var waited: [Int] { waits.withLock { $0 } }

    func pass(milliseconds: Int) { now.withLock { $0 += milliseconds } }

    /// `chance` is a share of the most, in percent.
    func timing(chance: Int = 100) -> RetryTiming {
        RetryTiming(
            milliseconds: { self.now.withLock { $0 } },
            secondsSince1970: { 784_111_777 },
            wait: { milliseconds in
                self.waits.withLock { $0.append(milliseconds) }
                self.now.withLock { $0 += milliseconds }
            },
            random: { $0 * chance / 100 })
    }
}

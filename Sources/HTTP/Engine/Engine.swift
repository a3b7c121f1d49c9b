import CCurl
import Synchronization

/// The loops of a client. They start with the first request, since a process may fork before it.
final class Engine: Sendable {
    private struct State {
        var loops: [EventLoop] = []
        var isClosed = false
    }

    private let settings: HTTPSettings
    private let state = Mutex(State())

    init(_ settings: HTTPSettings) {
        self.settings = settings
    }

    deinit {
        close()
    }

    func perform(_ request: HTTPRequest) async -> Attempt {
        let loop: EventLoop
        do throws(HTTPError) {
            loop = try idlest()
        } catch {
            return .failed(error, nothingSent: true)
        }
        return await Exchange(on: loop).run(request)
    }

    func close() {
        let loops = state.withLock { state in
            state.isClosed = true
            defer { state.loops = [] }
            return state.loops
        }
        for loop in loops { loop.close() }
    }

    private func idlest() throws(HTTPError) -> EventLoop {
        let found = state.withLock { state in
            Result { () throws(HTTPError) in
                guard !state.isClosed else { throw HTTPError(.cancelled, "the client is closed") }
                if state.loops.isEmpty {
                    _ = Self.isCurlReady
                    for _ in 0..<max(1, settings.loops) { state.loops.append(try EventLoop(settings)) }
                }
                return state.loops.min { $0.load.load(ordering: .relaxed) < $1.load.load(ordering: .relaxed) }!
            }
        }
        return try found.get()
    }

    private static let isCurlReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

/// Starts a server once for all tests of a process that ask for it.
public struct StartedOnce<Server: Sendable>: Sendable {
    private let starting: Task<Server, any Error>

    /// A port may have been taken meanwhile: another attempt takes others.
    init(_ start: @escaping @Sendable () async throws -> Server) {
        starting = Task.detached {
            for _ in 0..<2 {
                if let server = try? await start() { return server }
            }
            return try await start()
        }
    }

    public var server: Server {
        get async throws { try await starting.value }
    }
}

import Glibc
import Platform
import Synchronization

/// A server on this machine that does to each connection, byte by byte, what a test says. A thread serves each
/// connection; when the server goes, all connections are shut down.
public final class ScriptedServer: Sendable {
    public let port: Int
    private let state: SharedState

    private final class SharedState: Sendable {
        let requests = Atomic(0)
        let connections = Atomic(0)
        /// Nothing when the server has gone.
        private let open = Mutex<Set<Int32>?>([])

        /// False for a connection that was taken when the server went: nobody would shut it down.
        func add(_ socket: Int32) -> Bool {
            open.withLock { open in
                open?.insert(socket)
                return open != nil
            }
        }

        func remove(_ socket: Int32) { open.withLock { _ = $0?.remove(socket) } }

        func shutDown() {
            open.withLock { open in
                for socket in open ?? [] { shutdown(socket, Int32(SHUT_RDWR)) }
                open = nil
            }
        }
    }

    /// Calls the script for each connection; it is closed when the script returns or throws. This machine has all the addresses
    /// 127.0.0.x.
    public init(
        port: Int = 0, lastByteOfAddress: UInt8 = 1, identity: TLSIdentity? = nil,
        onConnection script: @escaping @Sendable (ScriptedConnection) throws -> Void
    ) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0000 | UInt32(lastByteOfAddress)).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) == 0 && listen(listener, 512) == 0
                    && getsockname(listener, address, &size) == 0
            }
        }
        guard bound else { throw ProgramFailure(what: "listen", code: errno) }
        self.port = Int(UInt16(bigEndian: address.sin_port))
        let state = SharedState()
        self.state = state
        _ = state.add(listener)
        Self.detached { Self.accept(listener, state, identity, script) }
    }

    /// Calls the script for each request, its body read, as long as the connection is kept.
    public convenience init(
        identity: TLSIdentity? = nil,
        onRequest script: @escaping @Sendable (ReceivedRequest, ScriptedConnection) throws -> Void
    ) throws {
        try self.init(identity: identity) { connection in
            while var request = try connection.readHead() {
                request.body = try connection.read(request.contentLength)
                try script(request, connection)
                if connection.isClosed { break }
            }
        }
    }

    deinit { state.shutDown() }

    /// How many connections have been taken, and how many requests have been read.
    public var connections: Int { state.connections.load(ordering: .relaxed) }
    public var requests: Int { state.requests.load(ordering: .relaxed) }

    private static func accept(
        _ listener: Int32, _ state: SharedState, _ identity: TLSIdentity?,
        _ script: @escaping @Sendable (ScriptedConnection) throws -> Void
    ) {
        while true {
            let taken = Glibc.accept(listener, nil, nil)
            guard taken >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                guard errno == EMFILE || errno == ENFILE else { break }
                // Others of the process have too many open for a moment: whoever connects waits.
                Threads.sleep(milliseconds: 10)
                continue
            }
            guard state.add(taken) else {
                Glibc.close(taken)
                break
            }
            let number = state.connections.add(1, ordering: .relaxed).newValue
            detached {
                let connection = ScriptedConnection(taken, number, identity?.accept(taken)) {
                    state.requests.add(1, ordering: .relaxed).newValue
                }
                if identity == nil || connection.isSecure { try? script(connection) }
                state.remove(taken)
                connection.finish()
            }
        }
        state.remove(listener)
        Glibc.close(listener)
    }

    private static func detached(_ body: @escaping @Sendable () -> Void) {
        final class Work: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        let argument = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 256 * 1024)
        pthread_create(
            &thread, &attributes,
            { argument in
                Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, argument.toOpaque())
        pthread_attr_destroy(&attributes)
    }
}

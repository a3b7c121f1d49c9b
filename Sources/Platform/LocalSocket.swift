import CShims
import Glibc

/// A connection to another process of this machine, over which lines of text go to and fro.
public final class LocalConnection: Sendable {
    private let socket: OwnedDescriptor

    init(_ socket: consuming OwnedDescriptor) {
        self.socket = socket
    }

    /// To whoever listens at the path. ENOENT and ECONNREFUSED: nobody does.
    public init(to path: RawPath) throws(SystemError) {
        socket = OwnedDescriptor(owning: try path.call { shim_local_connect($0) })
    }

    /// The user whose process is at the other end.
    public func peer() throws(SystemError) -> UInt32 {
        var user: UInt32 = 0
        var process: Int32 = 0
        try SystemError.check { shim_local_peer(socket.raw, &user, &process) }
        return user
    }

    /// The text without its newline; nothing when the other side has gone, or sends more than `limit` bytes in a line.
    /// What stands behind the newline is lost: one line is answered before the next is sent.
    public func readLine(limit: Int) -> [UInt8]? {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while line.count <= limit {
            let count = recv(socket.raw, &chunk, chunk.count, 0)
            if count == -1 && errno == EINTR { continue }
            guard count > 0 else { return nil }
            if let end = chunk[..<count].firstIndex(of: UInt8(ascii: "\n")) { return line + chunk[..<end] }
            line += chunk[..<count]
        }
        return nil
    }

    /// False when nobody takes it.
    @discardableResult
    public func write(line text: String) -> Bool {
        // SIGPIPE is ignored, and the error says the same.
        var line = text + "\n"
        return line.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: socket.raw) } == nil
    }

    /// Ends whatever waits for this connection, here and at the other end.
    public func end() {
        shutdown(socket.raw, Int32(SHUT_RDWR))
    }

    /// Whether the other side has ended it. What it may have sent stays to be read.
    public var hasEnded: Bool {
        var wanted = pollfd(fd: socket.raw, events: 0, revents: 0)
        return poll(&wanted, 1, 0) > 0 && wanted.revents & Int16(POLLHUP | POLLERR) != 0
    }
}

/// Waits for connections at a path, which only the caller's user may make.
public final class LocalListener: Sendable {
    private let socket: OwnedDescriptor

    /// Whatever has the name is taken away: that nobody listens there is for the caller to know.
    public init(at path: RawPath) throws(SystemError) {
        do throws(SystemError) {
            try path.call { unlink($0) }
        } catch  where error.code == ENOENT {}
        socket = OwnedDescriptor(owning: try path.call { shim_local_listen($0) })
    }

    /// Waits for the next one.
    public func accept() throws(SystemError) -> LocalConnection {
        LocalConnection(OwnedDescriptor(owning: try SystemError.check { shim_local_accept(socket.raw) }))
    }
}

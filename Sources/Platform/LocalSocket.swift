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
        var none: [SharedDescriptor] = []
        return readLine(limit: limit, &none)
    }

    /// `descriptors` gets what came with it.
    public func readLine(limit: Int, _ descriptors: inout [SharedDescriptor]) -> [UInt8]? {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while line.count <= limit {
            let count = receive(into: &chunk, &descriptors)
            guard count > 0 else { return nil }
            if let end = chunk[..<count].firstIndex(of: UInt8(ascii: "\n")) { return line + chunk[..<end] }
            line += chunk[..<count]
        }
        return nil
    }

    fileprivate func receive(into chunk: inout [UInt8], _ descriptors: inout [SharedDescriptor]) -> Int {
        var passed = [Int32](repeating: -1, count: Int(shim_local_most_descriptors))
        while true {
            var passedCount: Int32 = 0
            let count = shim_local_receive(socket.raw, &chunk, chunk.count, &passed, &passedCount)
            descriptors += passed.prefix(Int(passedCount)).map { SharedDescriptor(OwnedDescriptor(owning: $0)) }
            if count != -1 || errno != EINTR { return count }
        }
    }

    /// False when nobody takes it.
    @discardableResult
    public func write(line text: String) -> Bool {
        // SIGPIPE is ignored, and the error says the same.
        var line = text + "\n"
        return line.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: socket.raw) } == nil
    }

    /// The same with descriptors that the other side gets copies of.
    @discardableResult
    public func write(line text: String, with descriptors: [Int32]) -> Bool {
        var line = text + "\n"
        return line.withUTF8 { line in
            var count = 0
            repeat {
                count = shim_local_send(socket.raw, line.baseAddress, line.count, descriptors, Int32(descriptors.count))
            } while count == -1 && errno == EINTR
            guard count >= 0 else { return false }
            // They go with the first byte.
            return writeAll(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(line)[count...]), to: socket.raw)
                == nil
        }
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

/// The lines that come over a connection one after the other, whoever else may write to it.
public struct LocalLines: ~Copyable {
    private let connection: LocalConnection
    private var chunk = [UInt8](repeating: 0, count: 64 << 10)
    /// What has come behind the last line.
    private var rest: [UInt8] = []

    public init(of connection: LocalConnection) {
        self.connection = connection
    }

    /// The next one without its newline; nothing when the other side has gone, or sends more than `limit` bytes in a line.
    public mutating func next(limit: Int) -> [UInt8]? {
        var searched = 0
        var unwanted: [SharedDescriptor] = []
        while true {
            if let end = rest[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { rest.removeSubrange(...end) }
                return Array(rest[..<end])
            }
            searched = rest.count
            let count = connection.receive(into: &chunk, &unwanted)
            guard count > 0, rest.count + count <= limit else { return nil }
            rest += chunk[..<count]
        }
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

import Glibc
import Synchronization
import TestSupport

/// The socket of a service manager, which keeps what it is told.
final class NotifySocket: Sendable {
    /// As `NOTIFY_SOCKET` has it: a path, or a name behind @.
    let address: String
    private let socket: Int32
    private let datagrams = Mutex<[String]>([])

    init(_ address: String) throws {
        self.address = address
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(address.utf8)
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
        let size = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + bytes.count
        let result = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, socklen_t(size)) }
        }
        guard result == 0 else { throw NeverCame(what: "the socket (error \(errno))") }
    }

    deinit { close(socket) }

    /// What has come so far, line by line.
    var lines: [String] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        return datagrams.withLock { datagrams in
            while true {
                let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                guard count >= 0 else { break }
                datagrams.append(String(decoding: buffer[..<count], as: UTF8.self))
            }
            return datagrams.flatMap { $0.split(separator: "\n").map(String.init) }
        }
    }
}

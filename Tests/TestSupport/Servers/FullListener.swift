import Glibc

/// A port on this machine where connecting never ends: its queue is full and nobody takes from it.
public final class FullListener: Sendable {
    public let port: Int
    private let sockets: [Int32]

    public init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var sockets = [listener]
        let isListening = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard bind(listener, address, size) == 0, listen(listener, 0) == 0,
                    getsockname(listener, address, &size) == 0
                else { return false }
                for _ in 0..<4 {
                    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
                    let filler = socket(AF_INET, type | Int32(SOCK_NONBLOCK.rawValue), 0)
                    connect(filler, address, size)
                    sockets.append(filler)
                }
                return true
            }
        }
        guard isListening else { throw ProgramFailure(what: "listen", code: errno) }
        self.sockets = sockets
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit {
        for socket in sockets { close(socket) }
    }
}

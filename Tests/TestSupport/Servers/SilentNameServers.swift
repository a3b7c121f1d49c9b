import Glibc

/// Name servers of this machine that take every question and answer none; a program believes in them through a `resolv.conf`.
public final class SilentNameServers: Sendable {
    /// What such a file says.
    public let configuration: String
    private let sockets: [Int32]

    /// Only root may take their port.
    public init(_ count: Int) throws {
        var sockets: [Int32] = []
        var lines: [String] = []
        for _ in 0..<count {
            let host = UInt32(0x7F00_0000) | UInt32.random(in: 0x1_0000..<0xFF_0000)
            let listener = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            sockets.append(listener)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(53).bigEndian
            address.sin_addr.s_addr = in_addr_t(host).bigEndian
            let isBound = withUnsafePointer(to: &address) { address in
                address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(listener, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isBound else {
                for socket in sockets { close(socket) }
                throw ProgramFailure(what: "bind", code: errno)
            }
            lines.append(
                "nameserver " + [24, 16, 8, 0].map { String(host >> $0 & 0xFF) }.joined(separator: ".") + "\n")
        }
        self.sockets = sockets
        configuration = lines.joined()
    }

    deinit {
        for socket in sockets { close(socket) }
    }
}

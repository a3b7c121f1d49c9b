import Glibc

/// Ports of 127.0.0.1 that nobody listens on, as the kernel says. Between asking and using somebody else may take one:
/// who starts a server tries again then.
public enum FreePorts {
    public static func take(_ count: Int) throws -> [Int] {
        // All open at once, so that none comes twice.
        var open: [Int32] = []
        defer { open.forEach { close($0) } }
        return try (0..<count).map { _ in
            let (descriptor, port) = try bound(to: 0)
            open.append(descriptor)
            return port
        }
    }

    /// The first of so many in a row, from where the kernel takes none for connections: those are taken one here, one there.
    public static func takeRow(_ count: Int) throws -> Int {
        for _ in 0..<100 {
            let first = Int.random(in: 15_000..<32_000)
            var open: [Int32] = []
            defer { open.forEach { close($0) } }
            for port in first..<first + count {
                if let (descriptor, _) = try? bound(to: port) { open.append(descriptor) }
            }
            if open.count == count { return first }
        }
        throw ProgramFailure(what: "free ports in a row", code: EADDRINUSE)
    }

    private static func bound(to port: Int) throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ProgramFailure(what: "socket", code: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                let result = bind(descriptor, pointer, length)
                return result == 0 ? getsockname(descriptor, pointer, &length) : result
            }
        }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            throw ProgramFailure(what: "bind", code: code)
        }
        return (descriptor, Int(in_port_t(bigEndian: address.sin_port)))
    }
}

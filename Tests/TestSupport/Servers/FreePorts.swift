import Glibc
import Synchronization

/// Ports of 127.0.0.1 that nobody listens on, as the kernel says, from where it takes none by itself: else another test's server
/// or connection could have one between asking and using, and be talked to by mistake. None is given twice here.
public enum FreePorts {
    private static let range = 15_000..<32_000
    private static let given = Mutex<Set<Int>>([])

    public static func take(_ count: Int) throws -> [Int] { try (0..<count).map { _ in try takeRow(1) } }

    /// The first of so many in a row.
    public static func takeRow(_ count: Int) throws -> Int {
        for _ in 0..<100 {
            let first = Int.random(in: range.lowerBound..<range.upperBound - count)
            let row = Set(first..<first + count)
            let isNew = given.withLock { given in
                defer { given.formUnion(row) }
                return given.isDisjoint(with: row)
            }
            if isNew, row.allSatisfy(isFree) { return first }
        }
        throw ProgramFailure(what: "free ports", code: EADDRINUSE)
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

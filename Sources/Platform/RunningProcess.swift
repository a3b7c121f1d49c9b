import Glibc

/// Other processes of this machine, as far as this one may look at them.
public struct RunningProcess: Sendable, Equatable, CustomStringConvertible {
    public let number: Int32
    /// As `ps` shows it.
    public let name: String
    public let group: Int32
    public let session: Int32
    /// It has ended, and its parent does not know yet.
    public let isZombie: Bool

    public var description: String { "\(name.printable) (\(number))" }

    /// All that there are.
    public static var all: [RunningProcess] { numbers.compactMap(RunningProcess.init) }

    private static var numbers: [Int32] {
        guard let folder = try? OwnedDescriptor.open("/proc", FileFlags.folder), let names = try? folder.names() else {
            return []
        }
        return names.compactMap { $0.exactText.flatMap { Int32($0) } }
    }

    /// Nothing when it has gone.
    private init?(_ number: Int32) {
        guard let bytes = try? FileReading.bytes(of: "/proc/\(number)/stat", limit: 4096) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        // The name is in parentheses, and may hold some.
        guard let begin = text.firstIndex(of: "("), let end = text.lastIndex(of: ")") else { return nil }
        let words = text[text.index(after: end)...].split(separator: " ")
        guard words.count > 3, let group = Int32(words[2]), let session = Int32(words[3]) else { return nil }
        self.number = number
        name = String(text[text.index(after: begin)..<end])
        self.group = group
        self.session = session
        isZombie = words[0] == "Z" || words[0] == "X"
    }

    /// Those that use something at a path or below it: as working folder, opened, mapped or as their program.
    public static func using(_ path: RawPath) -> [RunningProcess] { all.filter { $0.isUsing(path) } }

    /// Asks nobody who serves the path: what stands in /proc is the kernel's own.
    private func isUsing(_ path: RawPath) -> Bool {
        func isThere(_ place: RawPath) -> Bool { place == path || place.isBelow(path) }
        let own = "/proc/\(number)"
        if ["cwd", "root", "exe"].contains(where: { Self.target("\(own)/\($0)").map(isThere) ?? false }) {
            return true
        }
        if let folder = try? OwnedDescriptor.open(RawPath(own + "/fd"), FileFlags.folder),
            let names = try? folder.names(),
            names.contains(where: { Self.target("\(own)/fd/\($0.text)").map(isThere) ?? false })
        {
            return true
        }
        guard let maps = try? FileReading.bytes(of: own + "/maps", limit: 16 << 20) else { return false }
        return maps.split(separator: UInt8(ascii: "\n")).contains { line in
            line.firstIndex(of: UInt8(ascii: "/")).map { isThere(RawPath(line[$0...])) } ?? false
        }
    }

    private static func target(_ link: String) -> RawPath? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { readlink(link, $0.baseAddress!, $0.count) }
        return count > 0 ? RawPath(buffer[..<count]) : nil
    }
}

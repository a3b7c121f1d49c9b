import Foundation
import Platform
import Testing

/// A control group with little memory, for programs that are to have too little.
final class LimitedMemory {
    /// Puts what stands behind these words into the group, and runs it.
    let words: [String]
    private let folder: String

    static let absence: Comment = "no control group for memory can be made here"
    static let isPossible = (try? LimitedMemory(bytes: 1 << 30)) != nil

    init(bytes: Int) throws {
        let own = try String(decoding: FileReading.bytes(of: "/proc/self/cgroup", limit: 1 << 16), as: UTF8.self)
        let groups = own.split(separator: "\n").map {
            $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        }
        let first = groups.first { $0.count == 3 && $0[1].split(separator: ",").contains("memory") }
        let root = first == nil ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
        let place = String(first?[2] ?? groups.first { $0[0] == "0" }?[2] ?? "/")
        folder = "\(root)\(place == "/" ? "" : place)/provision-test-\(UUID().uuidString)"
        words = ["sh", "-c", "echo $$ > \(folder)/cgroup.procs && exec \"$@\"", "sh"]
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try write(bytes, to: first == nil ? "memory.max" : "memory.limit_in_bytes")
        // Where there is swap, a limit alone makes programs slow and ends none.
        try? write(first == nil ? 0 : bytes, to: first == nil ? "memory.swap.max" : "memory.memsw.limit_in_bytes")
    }

    private func write(_ number: Int, to file: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(folder)/\(file)"))
        try file.write(contentsOf: Data("\(number)\n".utf8))
    }

    deinit { rmdir(folder) }
}

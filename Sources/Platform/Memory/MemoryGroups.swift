/// The control groups that this process is in as far as memory goes, and what they say: its own first, then those above.
struct MemoryGroups {
    /// Where the kernel tells it; tests have folders of their own.
    let processes: RawPath
    let groups: RawPath

    /// A file of each group, by its name in either version of control groups; nothing of a group that has none.
    func lines(unified: RawPath, first: RawPath) -> [[Substring]] {
        Self.lines(of: processes.appending("self/cgroup")).flatMap { line -> [[Substring]] in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            let controllers = parts[1].split(separator: ",")
            let (root, file): (RawPath, RawPath)
            if parts[0] == "0" && controllers.isEmpty {
                (root, file) = (groups, unified)
            } else if controllers.contains("memory") {
                (root, file) = (groups.appending("memory"), first)
            } else {
                return []
            }
            // In a container the path may be one that is not visible here; then its root is our group.
            let group = RawPath(parts[2].drop { $0 == "/" })
            let folders = ([group] + group.ancestors).filter { !$0.isEmpty }.map(root.appending) + [root]
            return folders.map { Self.lines(of: $0.appending(file)) }.filter { !$0.isEmpty }
        }
    }

    static func lines(of path: RawPath) -> [Substring] {
        guard let text = path.exactText, let bytes = try? FileReading.bytes(of: text, limit: 1 << 16) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}

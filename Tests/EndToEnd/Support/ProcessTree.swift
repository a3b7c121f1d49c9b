import TestSupport

/// A process and all below it at one moment, as whoever may look at them sees them. The process itself is the first.
struct ProcessTree {
    struct Process {
        let id: Int32
        /// Its arguments, with spaces between them, which every user of the machine sees.
        let words: String
        /// What it was started with, which only its own user and root see.
        let environment: String

        init(_ id: Int32) {
            self.id = id
            words = Self.text("cmdline", id, between: " ")
            environment = Self.text("environ", id, between: "\n")
        }

        /// Nothing of one that has just ended.
        private static func text(_ name: String, _ id: Int32, between separator: String) -> String {
            ((try? TemporaryFolder.text(of: "/proc/\(id)/\(name)")) ?? "").replacing("\0", with: separator)
        }
    }

    let processes: [Process]

    init(of root: Int32) async throws {
        let table = try await Program.start(["ps", "-e", "-o", "pid=", "-o", "ppid="]).end().output
        let pairs = table.split(separator: "\n").map { $0.split(separator: " ").compactMap { Int32($0) } }
        let children = Dictionary(grouping: pairs.filter { $0.count == 2 }) { $0[1] }
        var found = [root]
        var next = 0
        while next < found.count {
            found += (children[found[next]] ?? []).map { $0[0] }
            next += 1
        }
        processes = found.map { Process($0) }
    }
}

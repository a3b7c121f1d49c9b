import TestSupport
import Testing

/// Copies of many small files, which a test can halt when some of them are in place.
extension CopySandbox {
    func makeFiles(_ count: Int, bytes: Int = 1) throws {
        let content = [UInt8](repeating: 0x61, count: bytes)
        for index in 0..<count {
            let name = source + "/" + String(10_000 + index)
            try Files.write(content, to: ByteName(name.utf8), modified: (1_600_000_000, index))
        }
    }

    /// Halts a copy of the source's files, one after the other, when this many are in place.
    func halted(after count: Int, of total: Int, _ options: String...) throws -> RunningProgram {
        let running = try start(task(), ["--jobs", "1"] + options)
        let name = destination + "/" + String(10_000 + count - 1)
        try #require(try running.halt { Files.isThere(name) }, "the copy had ended already")
        try #require(!Files.isThere(destination + "/" + String(10_000 + total - 1)), "all was in place already")
        return running
    }

    /// Whatever else has happened: files that were in place are still the same ones.
    static func expectFilesStayed(from before: FileTree, to after: FileTree) throws {
        for (path, node) in before.nodes where node.isFile && !path.isTemporary {
            try #require(after.inodes[path] == before.inodes[path], "\(String(decoding: path, as: UTF8.self))")
        }
    }
}

extension FileTree.Node {
    var isFile: Bool {
        if case .file = content { true } else { false }
    }
}

extension ByteName {
    /// Of the folder in which a copy is made ready, or in it.
    var isTemporary: Bool { starts(with: ".provision-".utf8) }
}

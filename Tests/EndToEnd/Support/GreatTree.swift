import TestSupport

/// Ten thousand files in folders of hostile names, on top of what a `GeneratedTree` has: every name byte, every mode, times
/// from long ago and from long after.
enum GreatTree {
    static let fileCount = 10_000

    static func make(at root: String) throws {
        // Its own folder, since it gives its folders times that nothing may touch any more.
        try Files.makeFolder(root + "/generated")
        try GeneratedTree.make(at: root + "/generated")
        let root = ByteName(root.utf8)
        var made = FileTree(String(decoding: root, as: UTF8.self)).nodes.values.count { $0.content != .folder }
        var folders: [ByteName] = []

        func folder(_ name: ByteName) throws -> ByteName {
            let path = root + [slash] + name
            try Files.makeFolder(path)
            folders.append(path)
            return path
        }
        func fill(_ folder: ByteName, _ names: [ByteName]) throws {
            for name in names {
                try Files.write(
                    content(made), to: folder + [slash] + name, mode: UInt32(made % 512),
                    modified: times[made % times.count])
                made += 1
            }
        }
        try fill(try folder(ByteName("every byte\n".utf8)), HostileNames.everyByteEverywhere)
        let ours = try folder(ByteName(".provision-folder.tmp".utf8))
        try fill(ours, HostileNames.likeOurs)
        try fill(root, HostileNames.likeOurs.filter { $0 != ByteName("task.yaml".utf8) })
        let numbers = (0..<96).map { ByteName("\($0)".utf8) }
        for name in HostileNames.some.prefix(60) where made + numbers.count <= fileCount {
            try fill(try folder(name), numbers)
        }
        try fill(try folder(ByteName("rest".utf8)), (made..<max(made, fileCount)).map { ByteName("\($0)".utf8) })
        for (index, path) in folders.enumerated() {
            try Files.setMode(path, UInt32(0o700 | index % 64))
            try Files.setModified(path, times[index % times.count])
        }
    }

    private static let slash = UInt8(ascii: "/")

    /// Around the beginnings and ends of what file systems and 32 bits can hold, with all digits of a nanosecond.
    private static let times: [(Int, Int)] = [
        (0, 0), (0, 1), (-1, 999_999_999), (-86_400 * 365, 123_456_789), (-2_147_483_648, 0),
        (2_147_483_647, 999_999_999),
        (2_147_483_648, 0), (4_294_967_296, 5), (7_000_000_000, 987_654_321), (1_700_000_000, 999_999_999),
    ]

    private static func content(_ index: Int) -> [UInt8] {
        switch index % 8 {
        case 0: []
        case 7: .init(repeating: UInt8(truncatingIfNeeded: index), count: index % 5000)
        default: Array("\(index)\n".utf8)
        }
    }
}

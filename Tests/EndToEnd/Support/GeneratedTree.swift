import Foundation
import TestSupport

/// A tree with all that Linux lets a user make.
enum GeneratedTree {
    /// A few hundred files under hostile names, with modes and times of all kinds.
    static func make(at root: String) throws {
        let root = ByteName(root.utf8)
        func path(_ name: ByteName, in folder: ByteName = []) -> ByteName {
            root + [slash] + (folder.isEmpty ? [] : folder + [slash]) + name
        }
        for (index, name) in HostileNames.some.enumerated() {
            try Files.write(
                content(index), to: path(name), mode: modes[index % modes.count],
                modified: (1_500_000_000 + index * 86_400, index * 3_333_331 % 1_000_000_000))
        }
        var folders: [ByteName] = ["a", "a/b", "a/b/-rf", "empty", "empty/inside", "   ", "closed"].map {
            ByteName($0.utf8)
        }
        folders += [[0xFF, 0xFE], [0xFF, 0xFE] + ByteName("/\n".utf8)]
        for folder in folders { try Files.makeFolder(path(folder)) }
        for (number, folder) in folders.enumerated() where !folder.starts(with: ByteName("empty".utf8)) {
            for index in 0..<12 {
                try Files.write(
                    content(number * 12 + index), to: path(ByteName("f\(index)".utf8), in: folder),
                    modified: (1_000_000_000 - index, 999_999_999 - index))
            }
        }
        for (name, target) in links {
            try Files.makeLink(path(ByteName(name.utf8)), to: ByteName(target.utf8))
            try Files.setModified(path(ByteName(name.utf8)), (1_234_567_890, 987_654_321))
        }
        // Last, and the innermost first: what is done inside changes a folder's time.
        for (index, folder) in folders.enumerated().reversed() {
            try Files.setMode(path(folder), [0o755, 0o700, 0o775, 0o555, 0o750][index % 5])
            try Files.setModified(path(folder), (1_400_000_000 + index, 111_111_111 * (index % 9)))
        }
        try Files.setMode(path(ByteName("closed".utf8)), 0o500)
        try Files.setMode(root, 0o751)
        try Files.setModified(root, (1_300_000_000, 5))
    }

    /// Links that stay inside, also to nothing and in circles.
    static let links = [
        ("link", "a"), ("a/up", "../f1"), ("a/b/up", "../../f1"), ("circle", "circle"), ("dangling", "nothing/here"),
        ("a/dot", "./b/./-rf"), ("link with\nnewline", "a/b"),
    ]

    private static let slash = UInt8(ascii: "/")
    private static let modes: [UInt32] = [0o644, 0o600, 0o755, 0o444, 0o400, 0o640, 0o666, 0o777, 0o000]

    /// Of sizes from nothing to more than one read, around the sizes of blocks and buffers.
    private static func content(_ index: Int) -> [UInt8] {
        let sizes = [0, 1, 17, 4095, 4096, 4097, 70_000, 131_072, 131_073]
        let size = index % 40 == 39 ? 300_000 : sizes[index % 23 % sizes.count]
        return (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
    }
}

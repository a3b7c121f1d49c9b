import ObjectStore
import Platform

/// Where the shares of a listing meet, nobody sees a file as well as what is below it. What those on both sides know is put
/// together in the end.
struct ListingBorders {
    private var files: Set<RawPath> = []
    /// Something below each.
    private var folders: [RawPath: RawPath] = [:]

    mutating func note(_ file: RawPath) { files.insert(file) }
    mutating func note(_ path: RawPath, below file: RawPath) { folders[file] = folders[file] ?? path }

    var conflicts: [(file: RawPath, path: RawPath)] {
        folders.filter { files.contains($0.key) }.map { (file: $0.key, path: $0.value) }
            .sorted { $0.file.bytes.lexicographicallyPrecedes($1.file.bytes) }
    }

    /// What may be files up to a key and have something below them behind it. All keys in between begin with such a file, and so
    /// does this one.
    static func files(before key: ObjectKey, below root: ObjectKey) -> [ObjectKey] {
        let bytes = key.bytes
        guard bytes.count > root.bytes.count else { return [] }
        return (root.bytes.count + 1...bytes.count).filter { $0 == bytes.count || bytes[$0] <= UInt8(ascii: "/") }
            .map { ObjectKey(bytes[..<$0]) }
    }
}

import Checksums
import ObjectStore
import Platform

/// Turns the objects below a prefix, in the order of their keys, into items: which path each becomes, and which cannot become
/// one. A key that ends in a slash marks a folder.
struct ItemCollector {
    private let prefix: ObjectKey
    private let filter: ItemFilter
    /// Others cannot be asked for, even if the store lists them.
    private let keysAreText: Bool
    /// Files whose keys the current one begins with: with a slash behind it they would have to be folders as well.
    private var shorter: [RawPath] = []

    init(prefix: ObjectKey, filter: ItemFilter, _ can: StoreCapabilities) {
        self.prefix = prefix
        self.filter = filter
        keysAreText = !can.keysMayBeAnyBytes
    }

    mutating func append(_ object: ObjectInfo, to found: inout BucketWalk.Found) {
        let path = RawPath(object.key.bytes.dropFirst(prefix.bytes.count))
        // The marker of the prefix itself.
        guard !path.isEmpty || object.size > 0 else { return }
        if path.bytes.last == UInt8(ascii: "/"), object.size == 0 {
            let folder = RawPath(path.bytes.dropLast())
            guard filter.keepsEmptyFolders, filter.wantsObject(folder, isFolder: true) else { return }
            if let reason = UnusableName.reason(of: folder) { return found.listing.leaveOut(path, reason) }
            if let file = fileInTheWay(of: path) { return found.listing.leaveOut(file, asFolderOf: path) }
            return found.listing.append(
                .init(path: folder, sourcePath: path, content: .folder, modified: object.modified))
        }
        guard filter.wantsObject(path) else { return }
        if let reason = UnusableName.reason(of: path) { return found.listing.leaveOut(path, reason) }
        if keysAreText, object.key.exactText == nil {
            return found.listing.leaveOut(path, "is not UTF-8, and keys of this store are asked for as text")
        }
        if let file = fileInTheWay(of: path) { return found.listing.leaveOut(file, asFolderOf: path) }
        shorter.append(path)
        append(object, at: path, to: &found)
    }

    /// Files that a key begins with: keys behind it may need them to be folders, and somebody else collects those.
    func files(atStartOf key: ObjectKey) -> [RawPath] {
        let path = key.bytes.dropFirst(prefix.bytes.count)
        return shorter.filter { path.starts(with: $0.bytes) }
    }

    /// The path of an object that becomes a file or a folder.
    func path(of object: ObjectInfo) -> RawPath? {
        let path = RawPath(object.key.bytes.dropFirst(prefix.bytes.count))
        guard path.bytes.last == UInt8(ascii: "/"), object.size == 0 else {
            return filter.wantsObject(path) ? path : nil
        }
        let isWanted = filter.wantsObject(RawPath(path.bytes.dropLast()), isFolder: true)
        return filter.keepsEmptyFolders && isWanted ? path : nil
    }

    /// An object that becomes a file at this path.
    func append(_ object: ObjectInfo, at path: RawPath, to found: inout BucketWalk.Found) {
        found.archived.note(object)
        found.listing.append(
            .init(
                path: path, sourcePath: RawPath(object.key.bytes), content: .file(size: object.size), mode: object.mode,
                modified: object.modified, version: object.version, hasUnknownSize: object.hasUnknownSize,
                checksum: object.checksumAlgorithm))
    }

    /// Between `a` and `a/b` there may be `a-b`, but all in between begin with `a`.
    private mutating func fileInTheWay(of path: RawPath) -> RawPath? {
        while let last = shorter.last, !path.bytes.starts(with: last.bytes) { shorter.removeLast() }
        return shorter.first { path.isBelow($0) }
    }
}

extension SourceListing {
    mutating func leaveOut(_ file: RawPath, asFolderOf path: RawPath) {
        leaveOut(file, "is an object, and `\(path.text.printable)` needs it to be a folder")
    }
}

/// Which keys cannot be paths of files.
enum UnusableName {
    static let longestName = 255

    /// Why a path below the destination cannot be made; nothing when it can.
    static func reason(of path: RawPath) -> String? {
        if path.bytes.contains(0) { return "holds a NUL" }
        if path.bytes.first == UInt8(ascii: "/") { return "begins with a slash" }
        if path.bytes.last == UInt8(ascii: "/") { return "ends in a slash and has content" }
        for name in path.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if name.isEmpty { return "has two slashes in a row" }
            if name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) {
                return "has a segment `\(String(decoding: name, as: UTF8.self))`"
            }
            if name.count > longestName {
                return "has a name of \(name.count) bytes; files have \(longestName) at most"
            }
        }
        return nil
    }
}

import Glibc
import Platform

/// A key as a path below the root. A file system cannot hold every key: NUL, empty names, `.` and `..` are refused, and
/// so are the names that are ours.
struct LocalKey {
    let key: ObjectKey
    let path: RawPath

    var parent: RawPath { path.parent }
    var name: RawPath { path.lastComponent }

    init(_ key: ObjectKey) throws(StoreError) {
        guard !key.isEmpty, Self.isPath(key.bytes[...]) else {
            throw StoreError(.invalid, "a file cannot be named \(key.shown)")
        }
        self.key = key
        path = RawPath(key.bytes)
    }

    /// Of a key that ends in a slash and so means a folder with all that is in it.
    init(folder key: ObjectKey) throws(StoreError) {
        try self.init(ObjectKey(key.bytes.dropLast()))
    }

    /// Of a file, or of a folder if the key ends in a slash.
    init(either key: ObjectKey) throws(StoreError) {
        if key.endsInSlash { try self.init(folder: key) } else { try self.init(key) }
    }

    static func isPath(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.contains(0)
            && bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { name in
                !name.isEmpty && !name.elementsEqual(".".utf8) && !name.elementsEqual("..".utf8)
                    && !isReserved(name)
            }
    }

    // MARK: Names that are ours

    /// What is being written is under a name that begins like this, beside the file that it will become, or, for
    /// uploads in parts, as a folder below the root. Such names are in no listing, and no key can reach them. Files
    /// that are left over from a process that was killed `LocalLeftovers` removes; uploads in parts stay.
    private static let reserved = Array(".provision-upload-".utf8)

    static func isReserved(_ name: some Sequence<UInt8>) -> Bool { name.starts(with: reserved) }

    /// Whether a name is one that `temporaryName` gives.
    static func isTemporaryName(_ name: RawPath) -> Bool {
        isReserved(name.bytes) && RandomID.isOne(String(decoding: name.bytes.dropFirst(reserved.count), as: UTF8.self))
    }

    /// Nobody can guess it, so nobody can put a link there beforehand.
    static func temporaryName(_ id: String = RandomID.make()) -> RawPath { RawPath(reserved + Array(id.utf8)) }
}

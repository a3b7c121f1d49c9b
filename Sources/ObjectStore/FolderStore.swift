public import Platform

/// A store whose objects are files in real folders, so that folders are there without anything in them, and files have
/// attributes of their own.
public protocol FolderStore: ObjectStore {
    /// Of a key that ends in a slash. One that is there is an error, `conditionFailed`.
    func makeFolder(_ key: ObjectKey) async throws(StoreError)
    /// Of such a key; one that is not empty is `invalid` and stays, one that is not there is none.
    func removeFolder(_ key: ObjectKey) async throws(StoreError)
    func makeLink(_ key: ObjectKey, to target: RawPath) async throws(StoreError) -> ObjectVersion
    /// Two of them, objects or folders whose keys end in a slash, change places in one step.
    func exchange(_ key: ObjectKey, with other: ObjectKey) async throws(StoreError)
    /// Of an object, or of a folder if the key ends in a slash, which has no version.
    func set(_ attributes: FileAttributes, of key: ObjectKey) async throws(StoreError) -> ObjectVersion?
    /// Whether the versions are of one file of one size, of which maybe only the attributes were set in between.
    func areOfOneFile(_ version: ObjectVersion, _ other: ObjectVersion) -> Bool
}

/// Attributes of a file that are to be set; the others stay.
public struct FileAttributes: Sendable, Equatable {
    /// Permission bits.
    public var mode: UInt32?
    public var owner: UInt32?
    public var group: UInt32?
    public var accessed: FileTime?
    public var modified: FileTime?

    public init() {}
}

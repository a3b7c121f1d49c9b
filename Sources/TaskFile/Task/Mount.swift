public import Platform

/// One entry of `file_mounts`, checked.
public struct Mount: Sendable, Equatable {
    public var destination: Destination
    public var position: Position
    public var path: String
    public var sources: [Source]
    public var isList: Bool
    /// A bucket that local sources are uploaded to before it is attached.
    public var uploadTarget: BucketLocation?
    public var mode: Mode
    public var store: Store
    public var keyPrefix: String?
    public var provider: Provider?
    public var access: StoreAccess
    public var preset: Preset?
    public var copy: CopyOptions
    public var mount: MountOptions
    public var cache: CacheChoice?
    public var ownership: Ownership
    public var checksum: ChecksumChoice
    public var syncsBack: Bool

    public struct Ownership: Sendable, Equatable {
        public var uid: Int?
        public var gid: Int?
        public var fileMode: Int?
        public var dirMode: Int?

        public var owner: FileOwner {
            FileOwner(user: uid.map { UInt32($0) }, group: gid.map { UInt32($0) })
        }
    }
}

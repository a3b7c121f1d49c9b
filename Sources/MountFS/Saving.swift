public import ObjectStore
public import Platform

/// How far what programs have written has come into the bucket.
public struct UploadProgress: Sendable, Equatable {
    /// Versions that came into the bucket since this session began, and their bytes.
    public var savedFiles = 0
    public var savedBytes = 0
    /// Whole, and not in the bucket yet.
    public var pendingFiles = 0
    public var pendingBytes = 0
    /// Those of them whose last attempt has failed, and why one of them has: one that may come by itself, if there is any.
    public var failedFiles = 0
    public var failure: StoreError?
    /// Files that are in the bucket without what programs have set of them, since the store refuses that; since this session began.
    public var lostAttributes = 0
    /// Open for writing now.
    public var openFiles = 0
    /// What did not become an object and is on the local disk.
    public var kept: [KeptFile] = []

    public init() {}

    /// Everything that was whole is in the bucket, and nothing was kept from it.
    public var isSafe: Bool { pendingFiles == 0 && kept.isEmpty }
}

/// A version of a file that has come into the bucket.
public struct UploadedFile: Sendable, Equatable {
    /// In the mount.
    public var path: RawPath
    public var bytes: Int
    /// Of the object, as its store names it.
    public var version: String

    public init(_ path: RawPath, bytes: Int, version: String) {
        self.path = path
        self.bytes = bytes
        self.version = version
    }
}

/// Bytes that were written to a file and are not in the bucket, and will not come there by themselves.
public struct KeptFile: Sendable, Equatable {
    public enum Reason: String, Sendable {
        /// Whoever wrote them died before the file was whole.
        case torn
        /// Somebody else has changed the object meanwhile.
        case conflict
        /// What is noted of them cannot be read.
        case damaged
    }

    /// In the mount, where that is known.
    public var path: RawPath
    public var reason: Reason
    /// On the local disk.
    public var file: RawPath

    public init(_ path: RawPath, _ reason: Reason, at file: RawPath) {
        self.path = path
        self.reason = reason
        self.file = file
    }
}

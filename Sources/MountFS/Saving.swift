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
    /// Those of them whose last attempt has failed, and why one of them has.
    public var failedFiles = 0
    public var failure: StoreError?
    /// Open for writing now.
    public var openFiles = 0
    /// What did not become an object and is on the local disk.
    public var kept: [KeptFile] = []

    public init() {}

    /// Everything that was whole is in the bucket, and nothing was kept from it.
    public var isSafe: Bool { pendingFiles == 0 && kept.isEmpty }
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

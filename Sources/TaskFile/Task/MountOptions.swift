/// SkyPilot's presets of MOUNT_CACHED: what a mount is for, from which its tuning follows.
public enum Preset: String, Sendable, CaseIterable {
    case checkpointReadOnly = "MODEL_CHECKPOINT_RO"
    case checkpoint = "MODEL_CHECKPOINT_RW"
    case datasetReadOnly = "DATASET_RO"
    case dataset = "DATASET_RW"

    var isReadOnly: Bool { self == .checkpointReadOnly || self == .datasetReadOnly }
    var tuning: MountTuning {
        switch self {
        case .checkpointReadOnly: MountTuning(readStreams: 16, readChunk: 32 << 20)
        case .checkpoint: MountTuning(readStreams: 16, readChunk: 32 << 20, uploads: 8)
        case .datasetReadOnly: MountTuning(readStreams: 0, readChunk: 8 << 20)
        case .dataset: MountTuning(readStreams: 0, readChunk: 8 << 20, uploads: 16)
        }
    }
}

/// What a preset or `config.mount_cached` asks for; nil leaves it to us.
public struct MountTuning: Sendable, Equatable {
    public var readStreams: Int?
    public var readChunk: Int?
    public var readAhead: Int?
    public var uploads: Int?
    public var bufferSize: Int?
    public var cacheSize: Int?
    public var cacheAgeMilliseconds: Int?
    public var writeBackMilliseconds: Int?
}

/// Which call of a program waits until its data is in the bucket.
public enum Commit: String, Sendable, CaseIterable {
    case close
    case fsync
    case background
}

/// What happens to a destination that already holds files.
public enum OnNonempty: String, Sendable, CaseIterable {
    case refuse
    case overlay
    case merge
    case mirror

    static func allowed(in mode: Mode) -> [OnNonempty] {
        mode.isMount ? [.refuse, .overlay] : [.merge, .refuse, .mirror]
    }
}

/// How a folder becomes a mount.
public struct MountOptions: Sendable, Equatable {
    public var isReadOnly = false
    public var commit: Commit
    public var metadataTTLMilliseconds = 1000
    public var stagingFolder: String?
    public var stagingSize: Int?
    public var uploadsTornFiles = false
    public var ioTimeoutMilliseconds = 300_000
    public var overlaysNonempty = false
    public var copiesWithoutFUSE = false
    public var allowsOtherUsers: Bool?
    public var tuning = MountTuning()
}

/// How a tree is copied.
public struct CopyOptions: Sendable, Equatable {
    public var include: [String] = []
    public var exclude: [String] = []
    public var extracts = false
    public var isListOfLinks = false
    public var shard: Shard?
    public var onNonempty: OnNonempty = .merge
}

public enum Shard: Sendable, Equatable {
    case auto
    case fixed(index: Int, count: Int)
}

public enum CacheChoice: Sendable, Equatable {
    case named(String)
    case own(size: Int?, maxAgeMilliseconds: Int?, folder: String?)
}

public enum ChecksumChoice: String, Sendable {
    case auto
    case full
    case off
}

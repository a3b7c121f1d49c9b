public import TaskFile

/// A mount whose source has answered and whose place has been looked at: all that is needed to mount it.
public struct CheckedMountPoint: Sendable {
    /// With the path as it is once links on the way are followed.
    public internal(set) var planned: PlannedMount
    public let source: AskedSource
    /// It is mounted as a file.
    public let isSingleObject: Bool
    /// Of the folder or file that is mounted over, which is what the mount shows where nothing else is known.
    public let owner: (user: UInt32, group: UInt32)
    /// What it reads through, if anything.
    public let cache: PlannedCache?
    /// Where what is written to it is staged; nothing when it is only read.
    public let staging: PlannedStaging?
    /// A descriptor of FUSE's device that was passed in for it.
    public let device: Int32?
    /// For the sources that are on this machine.
    public let machine: Machine

    public var mount: Mount { planned.mount }
}

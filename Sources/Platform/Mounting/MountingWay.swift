import Glibc

/// How this user comes to a mount.
public enum MountingWay: Sendable, Equatable, CaseIterable {
    /// By mount(2), where everybody sees it.
    case direct
    /// In namespaces of its own, which only COMMAND sees.
    case ownNamespaces
    /// Through `fusermount3`, where everybody sees it.
    case helper

    /// What is in the way of it; `isTried`: also what only shows when it is tried, where nobody sees that.
    public func obstacle(isTried: Bool) -> MountingObstacle? {
        switch self {
        case .direct:
            if let obstacle = FUSEDevice.obstacle { return obstacle }
            guard MountRights.mayMount else { return .right }
            return isTried ? MountingTrial.obstacle(to: self) : nil
        case .ownNamespaces: return FUSEDevice.obstacle ?? MountingTrial.obstacle(to: self)
        case .helper:
            // It opens the device with the rights of who has called it.
            if let obstacle = FUSEDevice.obstacle { return obstacle }
            guard let helper = MountHelper() else { return .helper }
            guard helper.isPrivileged else { return .helperRights }
            return getpwuid(geteuid()) == nil ? .userName : nil
        }
    }

    /// Those that may be taken, the best first. A COMMAND is served where nothing of it can stay behind.
    public static func candidates(hasCommand: Bool) -> [MountingWay] {
        if MountRights.mayMount { return [.direct] }
        return (hasCommand ? [.ownNamespaces] : []) + (geteuid() == 0 ? [] : [.helper])
    }
}

/// What a task that mounts finds on this machine.
public struct Mounting: Sendable, Equatable {
    /// Nothing when there is none.
    public let way: MountingWay?
    public let obstacles: [MountingObstacle]
    public let hasCommand: Bool

    /// `isTried`: nothing is left to show when it is done.
    public init(hasCommand: Bool = false, isTried: Bool = false) {
        self.hasCommand = hasCommand
        // Every way needs it.
        if let device = FUSEDevice.obstacle {
            way = nil
            obstacles = [device]
            return
        }
        var obstacles: [MountingObstacle] = MountRights.mayMount ? [] : [.right]
        for way in MountingWay.candidates(hasCommand: hasCommand) {
            guard let obstacle = way.obstacle(isTried: isTried) else {
                self.way = way
                self.obstacles = []
                return
            }
            if !obstacles.contains(obstacle) { obstacles.append(obstacle) }
        }
        way = nil
        self.obstacles = obstacles
    }

    /// Why there is none.
    public var message: String { obstacles.map(\.message).joined(separator: "; ") }

    /// What would help.
    public var hint: String {
        var hints: [String] = []
        if !MountRights.mayMount {
            if !hasCommand { hints.append("`-- COMMAND` mounts in a namespace of its own, which takes no right") }
            if geteuid() != 0 { hints.append("root mounts, and \(MountHelper.name) does so for others") }
            hints.append("--fuse-fd serves what somebody else has mounted")
        }
        hints.append("a container needs --device \(FUSEDevice.path) and CAP_SYS_ADMIN")
        hints.append("`provision doctor` shows what is missing")
        return hints.joined(separator: "; ")
    }
}

import Glibc

/// Whom a file is to belong to; nil leaves it to who makes it.
public struct FileOwner: Sendable, Equatable {
    public var user: UInt32?
    public var group: UInt32?

    public static let ours = FileOwner()

    public init(user: UInt32? = nil, group: UInt32? = nil) {
        self.user = user
        self.group = group
    }

    /// Whether this process may give files to it: root to anybody, others to themselves and to groups that they are in.
    public var canBeGiven: Bool {
        if geteuid() == 0 { return true }
        var groups = [gid_t](repeating: 0, count: Int(max(0, getgroups(0, nil))))
        let count = getgroups(Int32(groups.count), &groups)
        let isOurGroup = { (group: UInt32) in group == getegid() || groups.prefix(Int(max(0, count))).contains(group) }
        return user.map { $0 == geteuid() } ?? true && group.map(isOurGroup) ?? true
    }

    public func differs(from entry: FileEntry) -> Bool {
        user.map { $0 != entry.owner } ?? false || group.map { $0 != entry.group } ?? false
    }

    /// As the system calls take it: all bits set leave a number as it is.
    fileprivate var numbers: (user: uid_t, group: gid_t) { (user ?? .max, group ?? .max) }
}

extension OwnedDescriptor {
    public func setOwner(_ owner: FileOwner) throws(SystemError) {
        try SystemError.check { fchown(raw, owner.numbers.user, owner.numbers.group) }
    }

    /// Of a link itself, not of what it names.
    public func setOwner(ofLink name: RawPath, _ owner: FileOwner) throws(SystemError) {
        try name.call { fchownat(raw, $0, owner.numbers.user, owner.numbers.group, AT_SYMLINK_NOFOLLOW) }
    }
}

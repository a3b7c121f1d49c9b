import ObjectStore
import Platform

/// What is known of a node, and since when.
struct NodeFacts: Sendable {
    var size = 0
    /// In nanoseconds since 1970; nothing of folders that no object stands for.
    var modified: Int?
    /// When it was written from here. The store's time for that is another one, by which it would look as if it had changed since.
    var changed: Int?
    /// Of the object that is the file; nothing of folders.
    var version: ObjectVersion?
    /// Of the object that stands for a folder, where it is known.
    var marker: ObjectVersion?
    /// Permission bits that the store itself knows.
    var mode: UInt32?
    /// What goes with the object beside its bytes, where that was asked for; it belongs to the version.
    var details: ObjectDetails?
    /// When the store was asked for the object, and for what its name leads to: a folder may hide it since.
    var asked: Int
    var named: Int
    /// The kernel's cache has content of this version.
    var cached: ObjectVersion?
    /// The size that the kernel was told, and believes.
    var shown: Int?

    private static let second = 1_000_000_000

    init(asked: Int) {
        self.asked = asked
        named = asked
    }

    init(_ object: ObjectInfo, asked: Int, details: ObjectDetails? = nil) {
        self.init(asked: asked)
        size = object.size
        modified = object.modified.inNanoseconds
        version = object.version
        mode = object.mode
        self.details = details
    }

    /// Of a folder, with the object that stands for it: that has a time, while size and version would be those of a file.
    init(folder marker: ObjectInfo?, asked: Int, details: ObjectDetails?) {
        self.init(asked: asked)
        modified = marker?.modified.inNanoseconds
        self.marker = marker?.version
        self.details = details
    }

    /// The object has another name now, where it is this version.
    func moved(to version: ObjectVersion) -> NodeFacts {
        var facts = self
        facts.version = version
        facts.cached = cached == self.version ? version : nil
        return facts
    }

    /// What was known before and is true still.
    mutating func keep(_ old: NodeFacts?) {
        guard let old else { return }
        cached = old.cached
        shown = old.shown
        guard version == old.version else { return }
        changed = old.changed
        // Some servers tell milliseconds in listings and seconds of single objects. A time that changes is a file that has changed.
        if version != nil, let time = modified, let exact = old.modified, time % Self.second == 0,
            time == exact - exact % Self.second
        {
            modified = exact
        }
        // Of folders, which have no version, listings of what they stand in do not tell of their own objects. One that was made from
        // here has had a time already, by another clock: it would look as if it had changed since.
        if version == nil, marker == nil || marker == old.marker { modified = old.modified ?? modified }
        marker = marker ?? old.marker
        details = details ?? old.details
    }

    /// The same of what was asked of the node and not of its name.
    mutating func keepAll(_ old: NodeFacts?) {
        keep(old)
        named = old?.named ?? BucketTree.longAgo
    }
}

extension FileTime {
    init(nanoseconds: Int) {
        let rest = nanoseconds % 1_000_000_000
        let below = rest < 0 ? 1 : 0
        self.init(seconds: nanoseconds / 1_000_000_000 - below, nanoseconds: rest + below * 1_000_000_000)
    }

    /// Times that have no room count as the nearest that has.
    var inNanoseconds: Int {
        let seconds = max(-9_000_000_000, min(9_000_000_000, self.seconds))
        return seconds * 1_000_000_000 + nanoseconds
    }
}

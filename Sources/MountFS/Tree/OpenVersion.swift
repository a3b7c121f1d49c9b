import ObjectStore
import Platform

/// A version that somebody has open as a node. The kernel has one size and one content for each node, so that another version which
/// is opened meanwhile is another node, to which the name leads from then on; this one goes with the last who closes it.
struct OpenVersion {
    var facts: NodeFacts
    /// By a folder of its name: its object may be there still.
    var isHidden = false
}

/// A number that says which version something is, the same in every process: the memory that outlives one has room for that.
struct VersionMark: Equatable {
    let number: UInt64

    /// Nothing of 0.
    init?(number: UInt64) {
        guard number != 0 else { return nil }
        self.number = number
    }

    /// Nothing where the store has no versions.
    init?(_ version: ObjectVersion?, size: Int) {
        guard let version else { return nil }
        self.init(number: max(1, StableHash.of("\(size) \(version.text)".utf8)))
    }

    init?(_ file: FileVersion) { self.init(file.version, size: file.size) }
}

extension NodeFacts {
    var mark: VersionMark? { VersionMark(version, size: size) }
}

extension BucketTree.State {
    // MARK: Opening and closing

    /// What is written, or an object until `noteOpen(_:as:)` says so.
    mutating func noteOpen(_ place: UInt32) {
        if local.opens[place] == nil { nodes.pin(place) }
        local.opens[place, default: 0] += 1
    }

    mutating func noteOpen(_ place: UInt32, as facts: NodeFacts) {
        noteOpen(place)
        guard local.versions[place] == nil, local.files[place] == nil else { return }
        local.versions[place] = OpenVersion(facts: facts)
        // Those who have the root open since before a crash are told apart by what they have open.
        if !isOpen(place, otherThan: facts) { nodes.noteOpened(place, facts.mark) }
    }

    /// Whoever has it open reads this object from now on, and not what was written.
    mutating func noteObject(_ place: UInt32, _ facts: NodeFacts) {
        guard local.opens[place] != nil else { return }
        local.versions[place] = OpenVersion(facts: facts)
        nodes.noteOpened(place, facts.mark)
    }

    /// True for the last who had it open.
    mutating func noteClose(_ place: UInt32) -> Bool {
        guard let count = local.opens[place] else { return false }
        local.opens[place] = count > 1 ? count - 1 : nil
        guard count == 1 else { return false }
        local.versions[place] = nil
        nodes.noteClosed(place)
        nodes.unpin(place)
        return true
    }

    /// It is what is written here from now on, for all who have it open.
    mutating func noteWritten(_ place: UInt32) {
        local.versions[place] = nil
        nodes.noteOpened(place, nil)
    }

    /// The object has become another version from here, with the same bytes.
    mutating func noteOwnVersion(_ place: UInt32, _ facts: NodeFacts) {
        guard nodes.opened(place) != nil else { return }
        if local.versions[place] != nil { local.versions[place] = OpenVersion(facts: facts) }
        nodes.noteOpened(place, facts.mark)
    }

    /// Of files in a folder, however deep, that have other names now, and so may be other versions: with the same bytes.
    mutating func forgetVersions(below folder: UInt32) {
        nodes.forgetFacts(ofFilesBelow: folder)
        for place in local.versions.keys where nodes.isBelow(place, folder) { noteWritten(place) }
    }

    // MARK: Other versions

    func isOpen(_ place: UInt32, otherThan facts: NodeFacts) -> Bool {
        guard let opened = nodes.opened(place), let mark = facts.mark else { return false }
        return opened != mark
    }

    /// The root has one node for all versions, since no name leads to it.
    func isParted(_ place: UInt32, from facts: NodeFacts) -> Bool {
        place != NodeTable.root && isOpen(place, otherThan: facts)
    }

    /// The node to which a name leads under which this was found.
    mutating func node(
        _ name: UnsafeRawBufferPointer, of parent: UInt32, _ kind: NodeKind, _ facts: NodeFacts
    ) throws(SystemError) -> UInt32 {
        if let place = nodes.child(name, of: parent) {
            if nodes.kind(place) != kind {
                part(place, isHidden: true)
            } else if isParted(place, from: facts) {
                part(place)
            }
        }
        return try nodes.node(name, of: parent, kind)
    }

    /// No name leads to it any more, and those who have it open go on.
    mutating func part(_ place: UInt32, isHidden: Bool = false) {
        // The kernel drops what it has of a file whose time is another one than it was told last.
        if let last = nodes[facts: place], last.mark == nodes.opened(place) { local.versions[place]?.facts = last }
        nodes.detach(place)
        local.versions[place]?.isHidden = isHidden
    }
}

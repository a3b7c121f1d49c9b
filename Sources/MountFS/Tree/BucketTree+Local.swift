import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

/// What the tree shows of what this mount itself has changed.
extension BucketTree {
    // MARK: Looking

    /// What a changed name leads to, held once more; nothing when that is what the bucket says.
    func local(
        _ name: UnsafeRawBufferPointer, in parent: UInt32, _ change: LocalNames.Change, _ now: Int,
        _ state: inout State
    ) -> Lookup? {
        guard change.at.map({ validity($0, now) != nil }) ?? true else { return nil }
        guard let place = change.place else { return .absent(validity: TimeSpan(milliseconds: 0)) }
        guard state.nodes.child(name, of: parent) == place else { return nil }
        let facts = facts(of: place, now, state)
        guard validity(facts.asked, now) != nil else { return nil }
        state.nodes.hold(place)
        return .found(entry(place, facts, now, &state))
    }

    /// Of a node of which something is known.
    func facts(of place: UInt32, _ now: Int, _ state: borrowing State) -> NodeFacts {
        factsOfLasting(place, now, state) ?? state.nodes[facts: place] ?? NodeFacts(asked: Self.longAgo)
    }

    /// Whether what the bucket said at that time counts for nothing.
    func isOutdated(_ place: UInt32, asked: Int, _ state: borrowing State) -> Bool {
        if state.local.files[place] != nil || state.local.folders.contains(place) { return true }
        if let facts = state.nodes[facts: place], facts.asked > asked { return true }
        guard let parent = state.nodes.parent(place) else { return false }
        return state.nodes.name(of: place).withUnsafeBytes {
            state.local.overrules($0, in: parent, asked: asked)
        }
    }

    // MARK: Folders

    func hasNamesThere(in folder: NodeID) -> Bool {
        state.withLock { state in state.nodes.place(folder).map { !state.local.namesThere(in: $0).isEmpty } ?? false }
    }

    /// Nothing when nothing has the name any more.
    func entry(local name: [UInt8], in folder: NodeID, isDetailed: Bool) -> Entry? {
        let now = settings.now()
        return state.withLock { state in
            guard let parent = state.nodes.place(folder) else { return nil }
            return name.withUnsafeBytes { name in
                guard let place = state.nodes.child(name, of: parent) else { return nil }
                if let change = state.local.change(name, in: parent), !change.isThere { return nil }
                return entry(place, isDetailed: isDetailed, now, &state)
            }
        }
    }

    func entry(
        _ place: UInt32, isDetailed: Bool, _ now: Int, _ state: inout State
    ) -> Entry {
        guard isDetailed else { return plainEntry(state.nodes.id(place), state.nodes.kind(place)) }
        state.nodes.hold(place)
        return entry(place, facts(of: place, now, state), now, &state)
    }
}

/// Names of a folder that its listings may not show yet. As long as somebody reads the folder their nodes stay.
final class NamesThere: Sendable {
    let names: [[UInt8]]
    let all: Set<[UInt8]>
    private let places: [UInt32]
    private let tree: BucketTree

    init(in folder: NodeID, of tree: BucketTree) {
        let found = tree.state.withLock { state -> [(name: [UInt8], place: UInt32)] in
            guard let parent = state.nodes.place(folder) else { return [] }
            let found = state.local.namesThere(in: parent)
            for (_, place) in found { state.nodes.pin(place) }
            return found
        }
        names = found.map(\.name)
        all = Set(names)
        places = found.map(\.place)
        self.tree = tree
    }

    deinit {
        guard !places.isEmpty else { return }
        tree.state.withLock { state in
            for place in places { state.nodes.unpin(place) }
        }
    }
}

extension WrittenFile {
    /// Of what it was before anything was written.
    func facts(of object: StoredObject) -> NodeFacts {
        var facts = NodeFacts(asked: BucketTree.longAgo)
        facts.size = object.size
        facts.version = object.version
        facts.modified = state.withLock { $0.objectTime }
        return facts
    }

    /// As programs see it now.
    func facts(_ now: Int) -> NodeFacts {
        let (attributes, written, changed, replacing) = state.withLock {
            ($0.attributes, $0.written ?? $0.objectTime, $0.changed, $0.replacing)
        }
        var facts = NodeFacts(asked: now)
        facts.size = staged.size
        facts.modified = written
        facts.changed = changed
        facts.version = replacing
        facts.details = ObjectDetails(attributes)
        return facts
    }
}

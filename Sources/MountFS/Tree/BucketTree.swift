import Glibc
public import ObjectStore
public import Platform
import Synchronization

/// A bucket as a tree of files: which names there are, what is known of them, and which the kernel holds.
///
/// Everything is answered from what is known, if that is younger than `metadataTTL`; else the store is asked, once for
/// all who want the same. What is known comes from pages of listings, from questions after single names, and stays with
/// the nodes that the kernel holds. No lock is held while the store is asked or a reply is given.
public final class BucketTree: Sendable {
    struct State: ~Copyable {
        var nodes: NodeTable
        var pages: PageCache
        /// Names that nothing has, with the time at which the store was asked.
        var absences: [ChildName: Int] = [:]
        var questions: [Question: [Waiter]] = [:]
        /// Of folders in which names were looked for lately.
        var searches: [UInt64: FolderSearch] = [:]
        var walks = FolderWalks()
        var local = LocalNames()
    }

    /// A name in a folder.
    struct ChildName: Hashable {
        let folder: UInt64
        let name: [UInt8]
    }

    enum Question: Hashable {
        case child(ChildName)
        case node(UInt64)
    }

    /// Gets the answer, and when the store was asked.
    typealias Waiter = @Sendable (Result<Answer, SystemError>, Int) -> Void

    let settings: TreeSettings
    let calls: StoreCalls
    let names: ShownName
    let mountPoints: MountPoints
    let habit = MetadataHabit()
    let metadataGate = Gate(metadataAtOnce)
    let state: Mutex<State>

    var store: any ObjectStore { calls.store }

    /// With what a session before this one has left in the memory.
    public init(_ store: any ObjectStore, _ settings: TreeSettings, _ kept: KeptMemory) throws(SystemError) {
        self.settings = settings
        calls = StoreCalls(store, settings)
        names = ShownName(store)
        mountPoints = MountPoints(settings.mountPoints, below: settings.root)
        let nodes = try NodeTable(NodeMemory(kept), rootKind: settings.isSingleObject ? .file : .folder)
        state = Mutex(State(nodes: nodes, pages: PageCache(room: settings.listingMemory)))
    }

    // MARK: For tests

    /// How many nodes the kernel holds, and the root.
    var heldNodes: Int { state.withLock { $0.nodes.count } }
    var listingFootprint: Int { state.withLock { $0.pages.footprint } }

    // MARK: Keys

    /// The key of the object that a node is; of a folder the beginning of the keys in it.
    static func key(_ place: UInt32, _ nodes: borrowing NodeTable, _ settings: TreeSettings) -> ObjectKey? {
        var names: [[UInt8]] = []
        var at = place
        while at != NodeTable.root {
            guard let parent = nodes.parent(at) else { return nil }
            names.append(nodes.name(of: at))
            at = parent
        }
        var key = settings.root.bytes
        let isFolder = nodes.kind(place) == .folder
        for (index, name) in names.enumerated().reversed() {
            key.append(contentsOf: name)
            if index > 0 || isFolder { key.append(UInt8(ascii: "/")) }
        }
        return ObjectKey(key)
    }

    func key(of place: UInt32, _ state: borrowing State) -> ObjectKey? { Self.key(place, state.nodes, settings) }

    // MARK: Belief

    /// How much longer something is believed that was asked for at this time; nothing: not any more.
    func validity(_ asked: Int, _ now: Int) -> TimeSpan? {
        let left = asked + settings.metadataTTL.milliseconds - now
        return left > 0 ? TimeSpan(milliseconds: left) : nil
    }

    static let longAgo = Int.min / 2
    /// So many objects of all listings together are asked for their metadata at the same time.
    static let metadataAtOnce = 64

    // MARK: What the kernel is told

    func attributes(_ place: UInt32, _ facts: NodeFacts, _ now: Int, _ state: borrowing State) -> NodeAttributes {
        let kind = state.nodes.kind(place)
        let details = facts.details
        let usual: UInt32 =
            switch kind {
            case .file: settings.fileMode ?? details?.mode ?? facts.mode ?? 0o644
            case .folder: settings.folderMode ?? details?.mode ?? facts.mode ?? 0o755
            case .link: 0o777
            }
        let modified = (details?.modified ?? facts.modified).map(FileTime.init(nanoseconds:)) ?? settings.started
        var attributes = NodeAttributes(
            state.nodes.id(place), kind.shown, mode: usual & 0o7777, size: facts.size,
            owner: settings.fixedOwner ?? details?.owner ?? settings.owner,
            group: settings.fixedGroup ?? details?.group ?? settings.group,
            modified: modified, validity: validity(facts.asked, now) ?? TimeSpan(milliseconds: 0))
        if let accessed = details?.accessed { attributes.accessed = FileTime(nanoseconds: accessed) }
        // Nobody can set the time at which the object was stored.
        if let stored = facts.changed ?? facts.modified { attributes.changed = FileTime(nanoseconds: stored) }
        return attributes
    }

    func entry(_ place: UInt32, _ facts: NodeFacts, _ now: Int, _ state: inout State) -> Entry {
        state.nodes[facts: place]?.shown = facts.size
        let attributes = attributes(place, facts, now, state)
        return Entry(attributes, validity: validity(facts.named, now) ?? TimeSpan(milliseconds: 0))
    }

    // MARK: What the kernel says

    public func forget(_ node: NodeID, count: UInt64) {
        state.withLock { state in
            if let place = state.nodes.place(node) { state.nodes.forget(place, count: count) }
        }
    }

    /// For those who read what the tree shows: in the same log, and as seldom, as what the tree itself has to say.
    public func report(_ error: StoreError) { calls.report(error) }
    public func report(trouble: String) { calls.report(trouble: trouble) }

    /// What is believed of an object is not true any more, nor what the kernel has of its content.
    public func forgetFacts(of key: ObjectKey) {
        state.withLock { state in
            let prefix = key.bytes.lastIndex(of: UInt8(ascii: "/")).map { ObjectKey(key.bytes[...$0]) } ?? ""
            state.pages.forget(prefix)
            guard key.hasPrefix(settings.root) else { return }
            var place = NodeTable.root
            if !settings.isSingleObject {
                let path = key.bytes.dropFirst(settings.root.bytes.count)
                for name in path.split(separator: UInt8(ascii: "/")) {
                    guard let child = Array(name).withUnsafeBytes({ state.nodes.child($0, of: place) }) else { return }
                    place = child
                }
            }
            state.nodes[facts: place]?.asked = Self.longAgo
            state.nodes[facts: place]?.named = Self.longAgo
            state.nodes[facts: place]?.cached = nil
        }
    }
}

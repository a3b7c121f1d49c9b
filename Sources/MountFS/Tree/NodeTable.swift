import Glibc
import Platform

/// The nodes that the kernel holds, each with its folder, its name and what is known of it.
///
/// A node's number is its place, and how often the place was used before: the same number never comes again, and finding
/// a node by number is reading an array. A node lives as long as the kernel holds it or something in it. What stands in
/// `NodeMemory` outlives a crash; the rest can be found out again.
struct NodeTable: ~Copyable {
    private let memory: NodeMemory
    private var free: [UInt32] = []
    /// How many nodes are in each.
    private var children: [UInt32] = []
    /// How often each of few nodes is needed here, whether the kernel holds it or not.
    private var pins: [UInt32: Int] = [:]
    /// Of few: of most nodes that the kernel holds nothing is believed any more.
    private var facts: [UInt32: NodeFacts] = [:]
    /// Opened before a crash: nobody knows when they are closed.
    private var openedBefore: Set<UInt32> = []
    private var factsToLookThrough = leastFacts
    private var names: NameIndex
    private(set) var count = 0

    static let root = UInt32(1)
    private static let leastFacts = 16_384
    /// Of all that is known of nodes together: half a kilobyte each at most.
    static let mostFacts = 200_000

    /// With what a predecessor has left.
    init(_ memory: NodeMemory, rootKind: NodeKind) throws(SystemError) {
        self.memory = memory
        names = NameIndex()
        if memory.end == 1 { _ = try memory.addPlace() }
        var root = NodeMemory.Record()
        root.opened = memory[Self.root].opened
        root.use = NodeMemory.Record.Use.node.rawValue
        root.kind = rootKind.rawValue
        root.isDetached = true
        memory[Self.root] = root
        restore()
    }

    private mutating func restore() {
        let end = memory.end
        extend(to: end)
        var isUsed = [Bool](repeating: false, count: Int(end))
        for place in 1..<end where memory[place].use == NodeMemory.Record.Use.node.rawValue {
            isUsed[Int(place)] = true
            count += 1
            if memory[place].opened != 0 { openedBefore.insert(place) }
            var rest = memory[place].rest
            while rest != 0, rest < end, !isUsed[Int(rest)] {
                isUsed[Int(rest)] = true
                rest = memory[rest].rest
            }
            guard place != Self.root else { continue }
            let parent = memory[place].parent
            guard parent < end, memory[parent].use == NodeMemory.Record.Use.node.rawValue else {
                memory[place].isDetached = true
                memory[place].parent = Self.root
                children[Int(Self.root)] += 1
                continue
            }
            children[Int(parent)] += 1
            if !memory[place].isDetached { names.add(place, hash(of: name(of: place), in: parent)) }
        }
        for place in (1..<end).reversed() where !isUsed[Int(place)] {
            memory[place].use = NodeMemory.Record.Use.free.rawValue
            if memory[place].generation < .max { free.append(place) }
        }
        // What was being made when the predecessor died is held by nobody.
        for place in 1..<end where memory[place].use == NodeMemory.Record.Use.node.rawValue { removeIfUnused(place) }
    }

    // MARK: Numbers

    func id(_ place: UInt32) -> NodeID { NodeID(UInt64(memory[place].generation) << 32 | UInt64(place)) }

    /// Nothing for numbers that are not held.
    func place(_ id: NodeID) -> UInt32? {
        let place = UInt32(truncatingIfNeeded: id.number)
        guard place > 0, place < memory.end else { return nil }
        let record = memory[place]
        guard record.use == NodeMemory.Record.Use.node.rawValue, record.generation == UInt32(id.number >> 32) else {
            return nil
        }
        return place
    }

    // MARK: Names

    func kind(_ place: UInt32) -> NodeKind { NodeKind(rawValue: memory[place].kind) ?? .file }

    func parent(_ place: UInt32) -> UInt32? { memory[place].isDetached ? nil : memory[place].parent }

    func name(of place: UInt32) -> [UInt8] {
        let record = memory[place]
        let count = Int(record.nameLength)
        return [UInt8](unsafeUninitializedCapacity: count) { name, used in
            eachPiece(record, place) { piece, start in
                UnsafeMutableRawBufferPointer(name).baseAddress!.advanced(by: start)
                    .copyMemory(from: piece.baseAddress!, byteCount: piece.count)
                return true
            }
            used = count
        }
    }

    func child(_ name: UnsafeRawBufferPointer, of parent: UInt32) -> UInt32? {
        names.first(hash(of: name, in: parent)) { place in
            let record = memory[place]
            guard record.parent == parent, Int(record.nameLength) == name.count else { return false }
            return eachPiece(record, place) { piece, start in
                memcmp(piece.baseAddress!, name.baseAddress! + start, piece.count) == 0
            }
        }
    }

    /// The node of this name and kind, with nobody who holds it yet when it is new. One of another kind under the name
    /// is another node, and nothing leads to it any more.
    mutating func node(
        _ name: UnsafeRawBufferPointer, of parent: UInt32, _ kind: NodeKind
    ) throws(SystemError) -> UInt32 {
        if let place = child(name, of: parent) {
            if memory[place].kind == kind.rawValue { return place }
            detach(place)
        }
        let place = try takePlace()
        memory[place].kind = kind.rawValue
        memory[place].lookups = 0
        memory[place].opened = 0
        try give(place, name, in: parent)
        memory[place].use = NodeMemory.Record.Use.node.rawValue
        names.add(place, hash(of: name, in: parent))
        children[Int(parent)] += 1
        count += 1
        return place
    }

    /// The node has this name now; whatever had it before has none any more.
    mutating func move(_ place: UInt32, to name: UnsafeRawBufferPointer, in parent: UInt32) throws(SystemError) {
        if let other = child(name, of: parent) {
            guard other != place else { return }
            detach(other)
        }
        let (oldParent, oldRest, known) = (memory[place].parent, memory[place].rest, facts[place])
        // Whoever dies in the middle of it leaves a node without a name.
        detach(place)
        memory.keepOrder()
        try give(place, name, in: parent)
        releaseAll(from: oldRest)
        facts[place] = known
        names.add(place, hash(of: name, in: parent))
        children[Int(parent)] += 1
        children[Int(oldParent)] -= 1
        removeIfUnused(oldParent)
    }

    /// Each has the name of the other now.
    mutating func exchange(_ place: UInt32, with other: UInt32) throws(SystemError) {
        let both = [place, other].map { (name(of: $0), memory[$0].parent, memory[$0].rest, facts[$0]) }
        detach(place)
        detach(other)
        memory.keepOrder()
        for (place, (name, parent, _, _)) in zip([other, place], both) {
            let isGiven = name.withUnsafeBytes { name in
                Result { () throws(SystemError) in try give(place, name, in: parent) }
            }
            try isGiven.get()
            names.add(place, hash(of: name, in: parent))
        }
        for (_, _, rest, _) in both { releaseAll(from: rest) }
        (facts[place], facts[other]) = (both[0].3, both[1].3)
    }

    private mutating func give(
        _ place: UInt32, _ name: UnsafeRawBufferPointer, in parent: UInt32
    ) throws(SystemError) {
        let head = min(name.count, NodeMemory.recordSize - NodeMemory.nameStart)
        let rest = head < name.count ? try keep(UnsafeRawBufferPointer(rebasing: name[head...])) : 0
        var record = memory[place]
        record.nameLength = UInt8(name.count)
        record.isDetached = true
        record.parent = parent
        record.rest = rest
        memory[place] = record
        memory.bytes(of: place, from: NodeMemory.nameStart)
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: name[..<head]))
        memory.keepOrder()
        memory[place].isDetached = false
    }

    // MARK: Moves of folders

    /// By its request, which comes again should this session be killed.
    func noteMove(_ request: UInt64) {
        let moves = memory.movesOfFolders
        guard request != 0, !moves.contains(request) else { return }
        moves[moves.firstIndex(of: 0) ?? 0] = request
    }

    func wasMoveBegun(_ request: UInt64) -> Bool { request != 0 && memory.movesOfFolders.contains(request) }

    func endMove(_ request: UInt64) {
        let moves = memory.movesOfFolders
        if let place = moves.firstIndex(of: request) { moves[place] = 0 }
    }

    // MARK: Names

    /// The name leads nowhere, or somewhere else, from now on.
    mutating func detach(_ place: UInt32) {
        guard place != Self.root, !memory[place].isDetached else { return }
        names.remove(place, hash(of: name(of: place), in: memory[place].parent))
        memory[place].isDetached = true
        facts[place] = nil
    }

    mutating func node(_ name: [UInt8], of parent: UInt32, _ kind: NodeKind) throws(SystemError) -> UInt32 {
        let result = name.withUnsafeBytes { name in
            Result { () throws(SystemError) in try node(name, of: parent, kind) }
        }
        return try result.get()
    }

    // MARK: Who holds them

    mutating func hold(_ place: UInt32) { memory[place].lookups += 1 }

    mutating func forget(_ place: UInt32, count: UInt64) {
        let held = memory[place].lookups
        memory[place].lookups = held - min(held, count)
        removeIfUnused(place)
    }

    /// The node stays, and its number means it, until `unpin` was called as often.
    mutating func pin(_ place: UInt32) { pins[place, default: 0] += 1 }

    mutating func unpin(_ place: UInt32) {
        guard let count = pins[place] else { return }
        pins[place] = count > 1 ? count - 1 : nil
        if count == 1 { removeIfUnused(place) }
    }

    /// Also of folders that were held only by what is in them.
    mutating func removeIfUnused(_ place: UInt32) {
        var place = place
        while place != Self.root, memory[place].lookups == 0, children[Int(place)] == 0, pins[place] == nil {
            let parent = memory[place].parent
            detach(place)
            let rest = memory[place].rest
            facts[place] = nil
            release(place)
            releaseAll(from: rest)
            count -= 1
            children[Int(parent)] -= 1
            place = parent
        }
    }

    // MARK: What is open

    /// Of a version without a name of its own nobody could say that another is another.
    mutating func noteOpened(_ place: UInt32, _ version: VersionMark?) {
        if version == nil { openedBefore.remove(place) }
        memory[place].opened = version?.number ?? 0
    }

    func opened(_ place: UInt32) -> VersionMark? { VersionMark(number: memory[place].opened) }

    /// Those who have it open since before a crash may have it still.
    mutating func noteClosed(_ place: UInt32) {
        if !openedBefore.contains(place) { memory[place].opened = 0 }
    }

    // MARK: What is known

    subscript(facts place: UInt32) -> NodeFacts? {
        get { facts[place] }
        set { facts[place] = newValue }
    }

    var factCount: Int { facts.count }

    /// Nothing that is known of files in a folder, however deep, is true any more.
    mutating func forgetFacts(ofFilesBelow folder: UInt32) {
        for place in facts.keys where kind(place) != .folder && isBelow(place, folder) { facts[place] = nil }
        for place in openedBefore where isBelow(place, folder) { noteOpened(place, nil) }
    }

    /// Whether a node is in a folder, however deep.
    func isBelow(_ place: UInt32, _ folder: UInt32) -> Bool {
        var at = place
        while at != Self.root, let parent = parent(at) {
            if parent == folder { return true }
            at = parent
        }
        return false
    }

    /// Lets go of what is old and can be found out again, now and then.
    mutating func forgetFacts(askedBefore time: Int) {
        guard facts.count >= factsToLookThrough else { return }
        facts = facts.filter { $0.value.asked >= time || $0.value.details != nil || $0.value.cached != nil }
        // That it costs a request to find it out again is no reason to keep it of millions.
        if facts.count > Self.mostFacts / 2 {
            let times = facts.values.map(\.asked).sorted()
            let middle = times[times.count / 2]
            facts = facts.filter { $0.value.asked > middle }
        }
        factsToLookThrough = min(max(Self.leastFacts, facts.count * 2), Self.mostFacts)
    }

    // MARK: Places

    private mutating func takePlace() throws(SystemError) -> UInt32 {
        if let place = free.popLast() { return place }
        let place = try memory.addPlace()
        extend(to: place + 1)
        return place
    }

    private mutating func extend(to end: UInt32) {
        let missing = Int(end) - children.count
        guard missing > 0 else { return }
        children.append(contentsOf: repeatElement(0, count: missing))
    }

    /// A place whose number would come again is never used again. The next number is there before the place is free.
    private mutating func release(_ place: UInt32) {
        openedBefore.remove(place)
        if memory[place].generation < .max { memory[place].generation += 1 }
        memory.keepOrder()
        memory[place].use = NodeMemory.Record.Use.free.rawValue
        if memory[place].generation < .max { free.append(place) }
    }

    private mutating func releaseAll(from first: UInt32) {
        var place = first
        while place != 0 {
            let next = memory[place].rest
            release(place)
            place = next
        }
    }

    /// Keeps the end of a long name in places of its own.
    private mutating func keep(_ name: UnsafeRawBufferPointer) throws(SystemError) -> UInt32 {
        let place = try takePlace()
        let head = min(name.count, NodeMemory.recordSize - NodeMemory.restStart)
        let rest = head < name.count ? try keep(UnsafeRawBufferPointer(rebasing: name[head...])) : 0
        memory[place].use = NodeMemory.Record.Use.name.rawValue
        memory[place].rest = rest
        memory.bytes(of: place, from: NodeMemory.restStart)
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: name[..<head]))
        return place
    }

    /// Calls with each piece of the name and where it begins, until one is not liked.
    @discardableResult
    private func eachPiece(
        _ record: NodeMemory.Record, _ place: UInt32, _ body: (UnsafeRawBufferPointer, Int) -> Bool
    ) -> Bool {
        var (start, place, offset, rest) = (0, place, NodeMemory.nameStart, record.rest)
        let count = Int(record.nameLength)
        while start < count {
            let bytes = memory.bytes(of: place, from: offset)
            let piece = min(count - start, bytes.count)
            guard body(UnsafeRawBufferPointer(rebasing: bytes[..<piece]), start) else { return false }
            start += piece
            place = rest
            offset = NodeMemory.restStart
            rest = start < count ? memory[place].rest : 0
        }
        return true
    }

    private func hash(of name: [UInt8], in parent: UInt32) -> Int {
        name.withUnsafeBytes { hash(of: $0, in: parent) }
    }

    private func hash(of name: UnsafeRawBufferPointer, in parent: UInt32) -> Int {
        var hasher = Hasher()
        hasher.combine(parent)
        hasher.combine(bytes: name)
        return hasher.finalize()
    }
}

/// What a name can lead to.
enum NodeKind: UInt8, Sendable {
    case file, folder, link

    var shown: FileEntry.Kind {
        switch self {
        case .file: .file
        case .folder: .folder
        case .link: .link
        }
    }
}

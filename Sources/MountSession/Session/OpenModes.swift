import CShims
import Glibc
import MountFS
import Platform
import Synchronization

/// In which way the kernel has files open, on a mount whose files may be read from others of this machine in their place.
///
/// The kernel reads such a file without asking anybody, as fast as the file itself. It has each file in one way at a time:
/// passing to one other file, or not; a program that is let in another way gets EIO. So the first who opens a file decides for
/// those who come while it is open, and another version of it cannot be opened then: it has to become another file.
///
/// What is counted here stands in the keeper's memory, since the kernel goes on when a session dies. A request that is made
/// twice because of that may count one too many, never one too few: then a file stays in its way longer than it has to.
final class OpenModes: Sendable {
    enum Mode: Equatable {
        /// To the file of this number.
        case passing(Int32)
        case buffered
        /// Past the kernel's cache, of a file that is not passing. It binds nobody.
        case direct
    }

    /// What the kernel is asked for.
    struct Backings: Sendable {
        /// Nothing when it is refused.
        var open: @Sendable (_ descriptor: Int32) -> Int32?
        var close: @Sendable (_ backing: Int32) -> Void
    }

    private struct State {
        let table: OpenTable
        var places: [UInt64: Int] = [:]
        var free: [Int] = []
        /// Kept from being removed as long as they are read.
        var contents: [UInt64: LocalContent] = [:]
        /// Refused once, it always is: rights and disks do not change under a mount.
        var isRefused = false
    }

    private let backings: Backings
    private let state: Mutex<State>

    init(_ table: OpenTable, _ backings: Backings) {
        self.backings = backings
        var state = State(table: table)
        for place in table.places.indices.reversed() {
            let entry = table[place]
            // The last thing that a session did may have been to make it, or to empty it.
            let isOpen = entry.node != 0 && (entry.passing > 0 || entry.buffered > 0)
            if isOpen { state.places[entry.node] = place } else { state.free.append(place) }
        }
        self.state = Mutex(state)
    }

    /// Nothing when it is open in another version, which is passing.
    func open(_ node: NodeID, _ version: UInt64?, _ local: LocalContent?, isDirect: Bool = false) -> Mode? {
        state.withLock { state in
            if let place = state.places[node.number] {
                return join(&state.table.places[place], version, isDirect: isDirect)
            }
            guard !isDirect, let place = state.free.popLast() else { return .direct }
            var entry = shim_fuse_open_node()
            entry.node = node.number
            let backing = version == nil ? nil : local.flatMap { self.backing(for: $0, &state) }
            if let backing {
                (entry.version, entry.backing, entry.passing) = (version ?? 0, backing, 1)
                state.contents[node.number] = local
            } else {
                entry.buffered = 1
            }
            state.table[place] = entry
            state.places[node.number] = place
            return backing.map { .passing($0) } ?? .buffered
        }
    }

    private func join(_ entry: inout shim_fuse_open_node, _ version: UInt64?, isDirect: Bool) -> Mode? {
        guard entry.passing > 0 else {
            guard !isDirect else { return .direct }
            entry.buffered += 1
            return .buffered
        }
        guard entry.version == version else { return nil }
        entry.passing += 1
        return .passing(entry.backing)
    }

    private func backing(for local: LocalContent, _ state: inout State) -> Int32? {
        guard !state.isRefused else { return nil }
        let backing = backings.open(local.descriptor)
        state.isRefused = backing == nil
        return backing
    }

    /// One who had it open in this way has closed it.
    func close(_ node: NodeID, _ mode: Mode) {
        guard mode != .direct else { return }
        state.withLock { state in
            guard let place = state.places[node.number] else { return }
            var entry = state.table[place]
            if mode == .buffered {
                entry.buffered -= min(1, entry.buffered)
            } else {
                entry.passing -= min(1, entry.passing)
            }
            state.table[place] = entry
            guard entry.passing == 0, entry.buffered == 0 else { return }
            if entry.backing > 0 { backings.close(entry.backing) }
            state.table[place] = shim_fuse_open_node()
            state.places[node.number] = nil
            state.contents[node.number] = nil
            state.free.append(place)
        }
    }
}

extension OpenModes.Backings {
    init(device: Int32) {
        open = { descriptor in
            let backing = shim_fuse_open_backing(device, descriptor)
            return backing > 0 ? backing : nil
        }
        close = { _ = shim_fuse_close_backing(device, $0) }
    }
}

/// What the keeper's memory has of open files. Unchecked: the lock of the one who uses it is its guard.
struct OpenTable: @unchecked Sendable {
    let places: UnsafeMutableBufferPointer<shim_fuse_open_node>

    subscript(place: Int) -> shim_fuse_open_node {
        get { places[place] }
        nonmutating set { places[place] = newValue }
    }
}

extension SeamMemory {
    /// Valid as long as the memory is mapped.
    var openTable: OpenTable {
        OpenTable(places: .init(start: shim_fuse_open_table(kept), count: Int(shim_fuse_open_nodes)))
    }
}

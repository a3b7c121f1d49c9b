import Platform

/// Removes what has not been used for too long, and of the rest what was used longest ago, until the cache is as small as it
/// shall be. It looks at every entry and so frees a tenth at once: what it costs to remove one is the same in caches of any
/// size. One process at a time does it for all.
struct CacheSweep {
    let folder: CacheFolder
    let limits: CacheLimits
    /// To be freed at least, though no limit says so: the disk would not take more.
    var atLeast = 0

    struct Outcome: Equatable {
        /// What is there now, in bytes.
        var total = 0
        var removed = 0
        var removedBytes = 0
        /// Of what should have gone as well: entries that somebody uses.
        var isStillTooMuch = false
    }

    private struct Found {
        var name: EntryName
        var used: Int
        var bytes: Int
    }

    /// Nothing when another process is at it and that is not to be waited for.
    func run(waiting: Bool = false) throws(SystemError) -> Outcome? {
        let lock = try folder.shared("sweep")
        guard try lock.lock(waiting: waiting) else { return nil }
        let root = try folder.now()
        var found = try entries(in: root.file)
        found.sort { $0.used < $1.used }
        var outcome = Outcome()
        outcome.total = found.reduce(0) { $0 + $1.bytes }
        var surplus = max(atLeast, self.surplus(outcome.total, try root.file.room()))
        let now = Timestamp.secondsNow
        for entry in found where surplus > 0 || limits.isOver(age: now - entry.used) {
            guard try remove(entry.name, in: root.file) else { continue }
            surplus -= entry.bytes
            outcome.total -= entry.bytes
            outcome.removed += 1
            outcome.removedBytes += entry.bytes
        }
        outcome.isStillTooMuch = surplus > 0
        try CacheUse(folder: folder).set(outcome.total)
        try lock.setModified(FileTime(seconds: now, nanoseconds: 0))
        return outcome
    }

    private func surplus(_ total: Int, _ room: FileSystemRoom) -> Int {
        let overLimit = total > limits.size - limits.step ? total - limits.sizeAfterSweep : 0
        let reserve = CacheLimits.reserve(of: room)
        let overDisk = room.bytes < reserve ? reserve + reserve / 4 - room.bytes : 0
        return max(overLimit, overDisk)
    }

    private func remove(_ name: EntryName, in root: borrowing OwnedDescriptor) throws(SystemError) -> Bool {
        let place = try OwnedDescriptor.open(RawPath(name.folder), in: root, FileFlags.folder)
        return try folder.removeUnused(name, in: place)
    }

    // MARK: What is there

    private func entries(in root: borrowing OwnedDescriptor) throws(SystemError) -> [Found] {
        var all: [Found] = []
        try CacheFolder.forEachFolder(in: root) { folder, place throws(SystemError) in
            var found: [EntryName: Found] = [:]
            for item in try place.names() {
                guard let (name, file) = EntryName.parse(item), RawPath(name.folder) == folder else {
                    try removeLeftover(item, in: place)
                    continue
                }
                // It may have gone since.
                guard let entry = try place.entryIfAny(of: item) else { continue }
                var known = found[name] ?? Found(name: name, used: 0, bytes: 0)
                known.bytes += entry.allocated
                // Data without marks counts as never used.
                if file == .marks { known.used = entry.modified.seconds }
                found[name] = known
            }
            all += found.values
        }
        return all
    }

    /// What a process was about to give its name when it was killed.
    private func removeLeftover(_ name: RawPath, in place: borrowing OwnedDescriptor) throws(SystemError) {
        guard name.isReplacement, let entry = try place.entryIfAny(of: name),
            Timestamp.secondsNow - entry.modified.seconds > 3600
        else { return }
        try folder.removeIfAny(name, in: place)
    }
}

extension CacheFolder {
    /// The folders that entries are in.
    static func forEachFolder(
        in root: borrowing OwnedDescriptor,
        _ body: (_ name: RawPath, _ place: borrowing OwnedDescriptor) throws(SystemError) -> Void
    ) throws(SystemError) {
        for item in try root.items() {
            guard item.name.bytes.count == 2, item.kind != .file else { continue }
            let place: OwnedDescriptor
            do throws(SystemError) {
                place = try .open(item.name, in: root, FileFlags.folder)
            } catch  where error.isAbsence {
                continue
            }
            try body(item.name, place)
        }
    }
}

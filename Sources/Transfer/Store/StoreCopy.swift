import Checksums
import HTTP
import ObjectStore
import Plan
import Platform
import Synchronization
import TaskFile

/// Copies objects of buckets into folders that are there already. Bytes go from the connection into the file; here is only
/// what decides which and where.
final class StoreCopy: Sendable {
    private let sources: [StoreSource]
    private let placing: ItemPlacing
    private let folders: CopyFolders
    private let staging: Staging
    private let progress: CopyProgress
    private let comparing: ObjectComparing
    private let fetching: ObjectFetching
    private let limits: CopyLimits
    private let naming: NewFile.Naming
    private let stragglers: Stragglers
    private let length = PartLength()
    private let found = Mutex(CopyFindings())
    /// Large objects that are to be fetched again.
    private let wrong = Mutex<[LargeObject]>([])

    struct StoreSource: Sendable {
        let opened: OpenedStore
        let listed: ListedSource
    }

    init(
        sources: [StoreSource], placing: ItemPlacing, folders: CopyFolders, staging: Staging, progress: CopyProgress,
        checksum: ChecksumChoice, limits: CopyLimits
    ) {
        self.sources = sources
        self.placing = placing
        self.folders = folders
        self.staging = staging
        self.progress = progress
        self.limits = limits
        naming = NewFile.Naming(placing)
        stragglers = Stragglers(limits.stragglers)
        comparing = ObjectComparing(choice: checksum, partSize: limits.partSize)
        fetching = ObjectFetching(comparing, memory: limits.memory, partSize: limits.partSize, length)
    }

    func run() -> CopyFindings {
        WorkThreads.run(max(limits.threads, Self.threads), atOnce: Threads.processors) { [self] threads in
            let work = Task(executorPreference: threads) { await self.copy() }
            progress.whenCancelled { work.cancel() }
            await work.value
        }
        return found.withLock { $0 }
    }

    /// Few of them work where a disk is fast; where it is not, as with network file systems, it has several calls to answer at once.
    private static let threads = 16

    // MARK: Workers

    /// As many keep a machine busy whose store is near, and are few enough to cost nothing there. Where small objects are far away,
    /// as the listing has shown, more of them are of use for certain.
    private var firstRequests: Int {
        let isFar = sources.contains { $0.opened.meter?.distance ?? 0 >= PartLength.far }
        let objects = sources.reduce(0) { $0 + $1.listed.listing.objects }
        let bytes = sources.reduce(0) { $0 + $1.listed.listing.bytes }
        return isFar && bytes < objects << 20 ? 128 : 16
    }

    private func copy() async {
        let pace = Pace(first: firstRequests, ceiling: limits.requests, limits.processorTime)
        let schedule = Schedule(
            sources, wholeUpTo: 2 * limits.partSize, shape: { [length] in (requests: pace.limit, parts: length.next) })
        await carryOut(schedule, pace)
        while !Task.isCancelled, found.withLock({ $0.failure == nil }) {
            let again = wrong.withLock { wrong in
                defer { wrong = [] }
                return wrong
            }
            guard !again.isEmpty else { break }
            await carryOut(Schedule(partsOf: again), pace)
        }
        if progress.isCancelled || Task.isCancelled {
            found.withLock { $0.failure = $0.failure ?? CopyFailure(.cancelled, "the copy was stopped") }
        }
    }

    private func carryOut(_ schedule: Schedule, _ pace: Pace) async {
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<min(limits.requests, requests) {
                group.addTask { await self.work(schedule, pace) }
            }
            // The first failure ends the copy: what follows would most likely fail alike.
            for await isFailed in group where isFailed { group.cancelAll() }
        }
    }

    /// No more workers than there can be requests.
    private var requests: Int {
        sources.reduce(0) { $0 + $1.listed.listing.objects + $1.listed.listing.bytes / limits.partSize }
    }

    /// Does one piece of work after the other; true when one has failed.
    private func work(_ schedule: Schedule, _ pace: Pace) async -> Bool {
        var folder = OpenFolder()
        var place = await pace.enter()
        defer { pace.leave() }
        while !Task.isCancelled {
            do throws(CopyFailure) {
                guard let work = try await schedule.next() else {
                    await stragglers.watch()
                    return false
                }
                place.begin()
                await limits.gate.enter()
                let moved: Pace.Moved?
                do {
                    defer { limits.gate.leave() }
                    moved = try await perform(work, schedule, &folder)
                }
                if let moved, !pace.goOn(with: &place, after: moved) { place = await pace.enter() }
            } catch {
                let failure = error
                found.withLock { $0.failure = $0.failure ?? failure }
                schedule.stop()
                return true
            }
        }
        return false
    }

    /// What was moved, unless there was nothing to move.
    private func perform(
        _ work: Schedule.Work, _ schedule: Schedule, _ folder: inout OpenFolder
    ) async throws(CopyFailure) -> Pace.Moved? {
        switch work {
        case .whole(let source, let item):
            let place = try folder.open(item.path.parent, folders)
            guard try isWanted(item, in: place.file) else { return nil }
            try await copyWhole(item, sources[source].opened, to: place)
            return .whole(item.size)
        case .begin(let source, let item):
            var object: LargeObject?
            defer { schedule.begun(object) }
            let place = try folder.open(item.path.parent, folders)
            guard try isWanted(item, in: place.file) else { return nil }
            let begun = try await begin(item, sources[source].opened)
            if begun.file.isWhole { try await finish(begun) } else { object = begun }
            return nil
        case .parts(let object, let parts):
            defer { schedule.partsEnded() }
            try await copy(parts, of: object)
            return .parts(object.file.range(of: parts).count, parts.count)
        }
    }

    /// Whether the item has to be copied.
    private func isWanted(_ item: SourceItem, in folder: borrowing OwnedDescriptor) throws(CopyFailure) -> Bool {
        switch try placing.look(item, in: folder) {
        case .isInPlace:
            if try hasLostBytes(item, in: folder) { return true }
            progress.countSkipped()
            return false
        case .isEdited: found.withLock { $0.edits += 1 }
        case .isFree: break
        }
        return true
    }

    private func hasLostBytes(_ item: SourceItem, in folder: borrowing OwnedDescriptor) throws(CopyFailure) -> Bool {
        guard item.size >= LostBytes.smallest else { return false }
        do throws(SystemError) {
            return try LostBytes.isCase(item.path.lastComponent, in: folder, since: limits.machineStart)
        } catch {
            throw CopyFailure.reading(item.path, error)
        }
    }

    // MARK: Small objects

    private func copyWhole(
        _ item: SourceItem, _ opened: OpenedStore, to folder: SharedDescriptor
    ) async throws(CopyFailure) {
        let mode = placing.attributes.file(stored: item.mode)
        let made = try NewFile(in: folder.file, staging, naming, mode: mode, item.path)
        let count: Int
        do throws(CopyFailure) {
            let fetched = try await fetching.fetch(item, from: opened.store, into: made.file)
            count = fetched.count
            if !fetched.isProven { countUnproven() }
            do throws(SystemError) {
                try placing.finish(made.file.file, mode: mode, modified: item.modified)
            } catch {
                throw CopyFailure.writing(item.path, error)
            }
        } catch {
            made.discard(staging)
            throw error
        }
        try made.put(item, in: folder.file, staging, placing)
        progress.count(bytes: count)
        progress.countDone()
    }

    // MARK: Large objects

    private func begin(_ item: SourceItem, _ opened: OpenedStore) async throws(CopyFailure) -> LargeObject {
        let stated = try await comparing.stated(of: item, in: opened.store)
        let staged = try staging.folder()
        do throws(SystemError) {
            let file = try PartialFile(
                item, usualPartSize: limits.partSize, stated, mode: placing.attributes.file(stored: item.mode),
                isDirect: item.size >= limits.directFrom, in: staged)
            return LargeObject(file: file, opened: opened, stated: stated)
        } catch {
            throw CopyFailure.writing(item.path, error)
        }
    }

    private func copy(_ parts: Range<Int>, of object: LargeObject) async throws(CopyFailure) {
        let range = object.file.range(of: parts)
        let checksum = try await stragglers.fetch(
            parts.count, again: { object.opened.store.mayAskAgain() },
            isRight: { (checksum: Checksum?) throws(CopyFailure) in
                try comparing.isThere(checksum, range, of: object)
            }
        ) { [fetching] () async throws(CopyFailure) in
            try await fetching.fetch(range, of: object)
        }
        let isLast: Bool
        do throws(SystemError) {
            isLast = try object.file.finish(parts, checksum)
        } catch {
            throw CopyFailure.writing(object.file.item.path, error)
        }
        progress.count(bytes: range.count)
        if isLast { try await finish(object) }
    }

    private func finish(_ object: LargeObject) async throws(CopyFailure) {
        let item = object.file.item
        let staged = try staging.folder()
        do throws(CopyFailure) {
            if try await !comparing.verify(object) { countUnproven() }
        } catch {
            // Where it was not compared to the end, the next run does that.
            guard error.code == .corrupt else { throw error }
            guard !mayFetchAgain(object) else { return }
            try? staged.file.remove(object.file.name)
            object.file.forgetNotes(in: staged)
            throw error
        }
        do throws(SystemError) {
            let mode = placing.attributes.file(stored: item.mode)
            try placing.finish(object.file.file.file, mode: mode, modified: item.modified)
            if mode & 0o200 == 0 { try object.file.file.file.setMode(mode) }
        } catch {
            throw CopyFailure.writing(item.path, error)
        }
        let folder = try folders.open(item.path.parent)
        try placing.put(object.file.name, from: staged, item, in: folder)
        object.file.forgetNotes(in: staged)
        progress.countDone()
    }
}

extension StoreCopy {
    fileprivate func countUnproven() { found.withLock { $0.unproven += 1 } }

    /// So many wait at most to be fetched again: where more are wrong, the way to them is.
    private static let mostWrong = 16

    /// Nobody knows which part of an object is wrong: when all else is there, it is fetched anew.
    private func mayFetchAgain(_ object: LargeObject) -> Bool {
        guard object.file.begun < ObjectFetching.attempts, wrong.withLock({ $0.count }) < Self.mostWrong,
            let count = try? object.file.beginAnew()
        else { return false }
        progress.count(bytes: -count)
        wrong.withLock { $0.append(object) }
        return true
    }
}

/// A large object whose parts are being fetched.
struct LargeObject: Sendable {
    let file: PartialFile
    let opened: OpenedStore
    /// What it is compared with.
    let stated: StatedChecksum?
}

/// The folder that was used last: neighbours in a listing mostly share theirs.
private struct OpenFolder {
    private var last: (path: RawPath, folder: SharedDescriptor)?

    mutating func open(_ path: RawPath, _ folders: CopyFolders) throws(CopyFailure) -> SharedDescriptor {
        if let last, last.path == path { return last.folder }
        let folder = SharedDescriptor(try folders.open(path))
        last = (path, folder)
        return folder
    }
}

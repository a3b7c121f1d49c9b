import Cache
public import ObjectStore
public import Platform
import Synchronization

/// The bytes of objects that are open.
///
/// All who have the same version of an object open share what is fetched of it (`SharedFile`). Each handle is watched for
/// reading in order (`ReadRuns`), and what comes next is fetched ahead, the farther the longer that goes on (`Lookahead`); other
/// reads fetch what they ask for. Memory is taken from a budget and given back as soon as the readers have passed it.
public final class ObjectReading: Sendable {
    private let core: ReadingCore

    /// `memory` is what may be taken for bytes that are on their way or ahead of need. With a cache, which is asked before the
    /// store, the settings need threads that may wait for disks.
    public init(
        store: any ObjectStore, memory: MemoryBudget, settings: ReadingSettings, neighbours: (any Neighbours)?,
        cache: MountCache? = nil
    ) {
        precondition(cache == nil || settings.threads != nil)
        let origin = StoreOrigin(store: store, checksums: settings.checksums)
        let cached = cache.map { CachedOrigin($0, before: origin, on: settings.threads) }
        core = ReadingCore(cached ?? origin, memory, settings, neighbours)
        if let disk = cache?.disk { memory.whenShort { disk.giveMemoryBack() } }
    }

    deinit { core.close() }

    /// Finds out what there is of a file before it is opened; calls back at once where that takes no time.
    public func prepare(_ file: FileVersion, then: @escaping @Sendable () -> Void) {
        guard core.origin.needsPreparing(file) else { return then() }
        Task(executorPreference: core.settings.threads) { [core] in
            core.origin.prepare(file)
            then()
        }
    }

    /// Opens are counted; all of the same version share what is fetched.
    public func open(_ file: FileVersion) -> OpenObject {
        OpenObject(core.open(file))
    }

    /// Ends everything under way; reads that wait fail with EIO.
    public func close() { core.close() }
}

/// An object that somebody has opened.
public final class OpenObject: Sendable {
    public var file: FileVersion { shared.file }
    private let shared: SharedFile
    private let reader = Reader()
    private let isClosed = Atomic(false)

    init(_ shared: SharedFile) {
        self.shared = shared
        shared.add(reader)
    }

    deinit { close() }

    /// Answers with up to `count` bytes; fewer only at the end of the file. The answer comes at once when the bytes are there,
    /// else by the thread that receives the last of them.
    public func read(_ count: Int, at offset: Int, _ reply: Reply<FileBytes>) {
        let start = min(max(0, offset), file.size)
        let range = start..<start + min(max(0, count), file.size - start)
        if range.isEmpty { reply.answer(.none) } else { shared.read(range, by: reader, reply) }
    }

    /// Every read fails from now on; who opens it anew may read it.
    var hasEnded: Bool { shared.hasEnded }

    /// Where the same can be read, if it is whole on this machine.
    var local: LocalContent? { shared.core.origin.local(file) }

    public func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        shared.core.close(shared, reader)
    }
}

import Cache
import HTTP
import JSON
import MountFS
import MountSession
import ObjectStore
import Plan
import Platform
import TaskFile

/// The file system that a session serves.
enum ServedFileSystem {
    /// So many calls of a local folder, or of the disk of a cache, are made at once; a store's make nobody wait.
    private static func threads(_ order: ServingOrder) -> WorkThreads {
        let waits = order.cache != nil || order.mount.sources.contains(where: \.location.isLocalPath)
        return .lasting(waits ? 16 : max(2, Threads.processors))
    }

    private static let cacheWriters = 2

    /// In the process of the session, before it serves: opens the source and says why when that does not go.
    static func make(_ start: SessionProcess.Start) throws(SessionFailure) -> any FileSystem {
        guard let json = try? JSONValue(reading: start.configuration), let order = ServingOrder(json) else {
            throw SessionFailure(
                "the order of the mount is of another version of provision",
                hint: "run `provision down`, then mount it again", exitStatus: .temporary)
        }
        let environment = Environment(lines: order.environment)
        environment.becomeThatOfThisProcess()
        let connections = [order.mount.access.concurrency, order.limits.requests].compactMap { $0 }.min()
        let stores = CloudStores(environment, home: order.home, connections: connections)
        let threads = threads(order)
        let isFirst = start.memory.isFresh
        switch threads.wait(for: { await open(order, stores, isFirst: isFirst) }) {
        case .failure(let failure): throw failure
        case .success(let asked):
            if !isFirst { StoreLearning.begin(asked.opened.store) }
            let cache = try cache(for: asked, order, isFirst: isFirst)
            return try fileSystem(over: asked, order, start, cache, threads)
        }
    }

    private static func open(
        _ order: ServingOrder, _ stores: CloudStores, isFirst: Bool
    ) async -> Result<AskedSource, SessionFailure> {
        do throws(AskedSource.Failure) {
            let asked = try await AskedSource.open(order.mount, on: order.machine, stores: stores)
            if isFirst {
                let missing: [String]
                do throws(StoreError) { missing = try await asked.opened.store.learn() } catch { throw .store(error) }
                let log = TaskLog(order.mount.destination.written, without: order.secrets)
                for sentence in missing { log.write(sentence) }
            }
            return .success(asked)
        } catch {
            let problem = AskingProblem(error)
            return .failure(
                SessionFailure(
                    order.secrets.removed(from: "\(problem.code): \(problem.message)"),
                    hint: problem.hint.map(order.secrets.removed), exitStatus: problem.exitStatus,
                    isRetryable: [.unreachable, .temporary].contains(problem.exitStatus)))
        }
    }

    /// The first session fails without the cache that is wanted. One that comes after it, with programs waiting, does without.
    private static func cache(
        for asked: AskedSource, _ order: ServingOrder, isFirst: Bool
    ) throws(SessionFailure) -> MountCache? {
        guard let planned = order.cache else { return nil }
        let log = TaskLog(order.mount.destination.written)
        var settings = DiskCache.Settings(
            folder: RawPath(planned.folder), limits: planned.limits, threads: .lasting(cacheWriters))
        settings.memory = min(settings.memory, order.limits.memory / 4)
        settings.report = { log.write($0) }
        do throws(CacheFailure) {
            return MountCache(
                try DiskCache(settings), place: asked.opened.place, reader: CacheReader(asked.opened.reader))
        } catch {
            guard isFirst else {
                log.write("\(error.message); reads go on without it")
                return nil
            }
            throw SessionFailure(error.message, exitStatus: .badDestination)
        }
    }

    private static func tellTraffic(_ reports: TrafficReports, _ meter: HTTPMeter?, _ cache: CacheUse?) {
        reports.begin {
            var traffic = SessionTraffic()
            traffic.requests = meter?.requests ?? 0
            traffic.retries = meter?.retries ?? 0
            traffic.received = meter?.received ?? 0
            traffic.sent = meter?.delivered ?? 0
            traffic.cacheHits = cache?.hits ?? 0
            traffic.cacheMisses = cache?.misses ?? 0
            return traffic
        }
        meter?.whenCounted { reports.note() }
        cache?.whenCounted { reports.note() }
    }

    private static func fileSystem(
        over asked: AskedSource, _ order: ServingOrder, _ start: SessionProcess.Start, _ cache: MountCache?,
        _ threads: WorkThreads
    ) throws(SessionFailure) -> any FileSystem {
        let (options, ownership) = (order.mount.mount, order.mount.ownership)
        var settings = TreeSettings(
            root: order.isSingleObject ? asked.key : asked.prefix,
            started: FileTime(seconds: order.started, nanoseconds: 0))
        settings.isSingleObject = order.isSingleObject
        settings.metadataTTL = TimeSpan(milliseconds: options.metadataTTLMilliseconds)
        settings.ioTimeout = TimeSpan(milliseconds: options.ioTimeoutMilliseconds)
        (settings.owner, settings.group) = order.owner
        settings.fixedOwner = ownership.owner.user
        settings.fixedGroup = ownership.owner.group
        settings.fileMode = ownership.fileMode.map { UInt32($0) }
        settings.folderMode = ownership.dirMode.map { UInt32($0) }
        settings.mountPoints = order.mountPoints
        let log = TaskLog(order.mount.destination.written, without: order.secrets)
        settings.report = { line, error in
            log.write(line)
            if let error { start.tell(SessionTrouble(error, without: order.secrets)) }
        }
        let meter = asked.opened.meter
        settings.trouble = { meter?.trouble }
        tellTraffic(start.traffic, meter, cache?.use)
        settings.threads = threads
        let tree: BucketTree
        do throws(SystemError) {
            tree = try BucketTree(asked.opened.store, settings, start.memory)
        } catch {
            throw SessionFailure(
                "the mount's memory cannot be used: \(error.description)", exitStatus: .systemRefused)
        }
        var readings = ReadingSettings()
        readings.timeout = settings.ioTimeout
        // What can be compared without reading anything twice is compared anyway: `full` is no more than that here.
        if order.mount.checksum == .off { readings.checksums = [] }
        readings.threads = threads
        readings.onChanged = { [weak tree] key in tree?.forgetFacts(of: key) }
        readings.trouble = settings.trouble
        meter?.whenTroubled { [weak tree] trouble in tree?.report(trouble: trouble) }
        readings.onFailure = { [weak tree] _, error in tree?.report(error) }
        let memory = MemoryBudget(order.limits.memory)
        let reading = ObjectReading(
            store: asked.opened.store, memory: memory, settings: readings, neighbours: tree, cache: cache)
        let writing: MountWriting? = try order.staging.map { planned throws(SessionFailure) in
            let place = RawPath(asked.opened.place).appending(RawPath(settings.root.bytes))
            return try StagedWriting.open(planned, for: order, at: place, asked.opened.store, memory) { writing in
                writing.threads = threads
                writing.report = settings.report
            }
        }
        do throws(SystemError) {
            return try BucketFileSystem(tree, reading, writing: writing, isFirst: start.memory.isFresh)
        } catch {
            throw SessionFailure(
                "what is staged cannot be gone on with: \(error.description)", exitStatus: .inputOutput)
        }
    }
}

extension SessionTrouble {
    fileprivate init(_ error: StoreError, without secrets: SecretValues) {
        self.init(
            code: error.code.rawValue, secrets.removed(from: error.told), hint: error.hint,
            isRetryable: error.isRetryable)
    }
}

import HTTP
import ObjectStore
import Plan
import Platform
import TaskFile
import TestSupport
import Testing

@testable import Transfer

/// A destination and a state folder for copies from a bucket in memory: the whole way from the task file on.
struct StoreSandbox {
    let folder: TemporaryFolder
    let store: MemoryStore
    /// What the store's requests have shown.
    var meter: HTTPMeter?
    var partSize = 1000
    var requests = 8
    var isForced = false
    var gate = Gate(256)
    var directFrom = Int.max
    var stragglers = Stragglers.Limits()
    var processorTime: @Sendable () -> ProcessorTime = { .now }
    var machineStart = MachineStart.time
    var memory = MemoryBudget(256 << 20)
    /// Where listings are spooled that find no room in memory.
    var spool: RawPath = "/var/tmp"

    init(_ store: MemoryStore = MemoryStore()) throws {
        folder = try TemporaryFolder()
        self.store = store
    }

    private struct OneStore: Stores {
        let store: MemoryStore
        let meter: HTTPMeter?

        func open(_ bucket: BucketLocation, of mount: Mount) async throws(StoreError) -> OpenedStore {
            OpenedStore(store, meter: meter, place: "", reader: "")
        }
    }

    var destination: String { folder.path("dst") }

    func preflight(_ source: String = "s3://bucket-1", _ keys: String = "") throws -> Preflight {
        let text = "file_mounts: {\(destination): {source: \(source), mode: COPY\(keys.isEmpty ? "" : ", " + keys)}}"
        let home = folder.path
        let context = TaskContext(environment: Environment(["HOME": home]), home: home)
        let file = TaskFile.read([UInt8](text.utf8), file: "task.yaml", context: context)
        #expect(file.diagnostics.filter { $0.severity == .error } == [])
        let task = try #require(file.tasks.first)
        let machine = Machine(home: home, workingFolder: folder.path)
        return Preflight(
            Plan(task, file: "task.yaml", on: machine), file: "task.yaml", on: machine,
            stores: OneStore(store: store, meter: meter),
            listingIn: ListingSpace(memory, folders: [spool]))
    }

    struct Done {
        let outcome: Copy.Outcome
        let progress: CopyProgress
    }

    /// Copies, and gives up after so many milliseconds.
    func copy(endedAfter milliseconds: Int) throws -> Done {
        try copy { progress in
            _ = Threads.begin(1) {
                Threads.sleep(milliseconds: milliseconds)
                progress.cancel()
            }
        }
    }

    /// Copies; `meanwhile` gets the progress before it begins.
    func copy(
        _ source: String = "s3://bucket-1", _ keys: String = "", meanwhile: (CopyProgress) -> Void = { _ in }
    ) throws -> Done {
        let preflight = try preflight(source, keys)
        let mount = try #require(preflight.mounts.first, "\(preflight.diagnostics)")
        let progress = CopyProgress()
        meanwhile(progress)
        var limits = CopyLimits(
            threads: 4, requests: requests, partSize: partSize, gate: gate, memory: memory,
            isForced: isForced)
        limits.directFrom = directFrom
        limits.stragglers = stragglers
        limits.processorTime = processorTime
        limits.machineStart = machineStart
        let copy = Copy(mount, stateFolder: folder.path("state"), progress: progress, limits: limits)
        return Done(outcome: copy.run(waits: {}), progress: progress)
    }

    /// What is at the destination, by name; folders hold nothing.
    var files: [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for (path, node) in FileTree(destination).below {
            // What has not got its name yet is none of them.
            if path.starts(with: ".provision-".utf8) { continue }
            if case .file(let bytes) = node.content { files[String(decoding: path, as: UTF8.self)] = bytes }
        }
        return files
    }

    var names: Set<String> { FileTree(destination).names }
    var leftovers: [String] { names.filter { $0.hasPrefix(".provision-") }.sorted() }
}

/// Bytes that differ wherever they are.
func pattern(_ count: Int, seed: Int = 1) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761 &+ seed &* 97) >> 7) }
}

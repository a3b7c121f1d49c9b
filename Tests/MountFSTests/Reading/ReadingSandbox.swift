import Cache
import Glibc
import MountFS
import ObjectStore
import Platform
import Synchronization
import TestSupport
import Testing

/// A store, a budget and what reads through them.
struct ReadingSandbox {
    let store: FakeStore
    let memory: MemoryBudget
    let reading: ObjectReading
    let told = Told()

    /// What status and tree hear.
    final class Told: Sendable {
        private let lists = Mutex<(changed: [ObjectKey], failures: [StoreError])>(([], []))

        var changed: [ObjectKey] { lists.withLock { $0.changed } }
        var failures: [StoreError] { lists.withLock { $0.failures } }

        func noteChange(_ key: ObjectKey) { lists.withLock { $0.changed.append(key) } }
        fileprivate func noteFailure(_ error: StoreError) { lists.withLock { $0.failures.append(error) } }
    }

    init(
        _ store: FakeStore = FakeStore(), memory: Int = 64 << 20, neighbours: (any Neighbours)? = nil,
        cache: MountCache? = nil,
        _ change: (inout ReadingSettings) -> Void = { _ in }
    ) {
        self.store = store
        self.memory = MemoryBudget(memory)
        var settings = ReadingSettings()
        settings.pause = TimeSpan(milliseconds: 5)
        // Tests may stand still for a while where many run at once.
        settings.patience = TimeSpan(milliseconds: 600_000)
        settings.onChanged = { [told] in told.noteChange($0) }
        settings.onFailure = { [told] _, error in told.noteFailure(error) }
        if cache != nil { settings.threads = Self.threads }
        change(&settings)
        reading = ObjectReading(
            store: store, memory: self.memory, settings: settings, neighbours: neighbours, cache: cache)
    }

    /// Those that wait for a cache.
    static let threads = WorkThreads.lasting(4)

    /// An object of bytes that tell where they are.
    func make(_ key: ObjectKey, _ count: Int, seed: UInt64 = 1) -> (FileVersion, [UInt8]) {
        let bytes = Content.bytes(count, seed: seed)
        let version = store.set(key, bytes)
        return (FileVersion(key: key, size: count, version: version), bytes)
    }

    /// Everything has been given back.
    func isEmptySoon() async -> Bool {
        await soon { memory.used == 0 && memory.waiting == 0 && store.active == 0 }
    }
}

/// Whether it becomes true within a generous time.
func soon(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<2000 {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
}

/// Without optimization the usual comparison takes longer than all else that is tested here.
func == (left: ArraySlice<UInt8>, right: ArraySlice<UInt8>) -> Bool {
    left.count == right.count
        && left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                left.isEmpty || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
            }
        }
}

/// A folder of files in the order of their names.
final class ListedFiles: Neighbours {
    let files: [FileVersion]

    init(_ files: [FileVersion]) {
        self.files = files
    }

    func files(after file: ObjectKey, count: Int) -> [FileVersion] {
        Array(files.drop { $0.key <= file }.prefix(count))
    }
}

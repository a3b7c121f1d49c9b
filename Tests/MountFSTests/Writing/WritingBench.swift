import Glibc
import JSON
import ObjectStore
import Platform
import Staging
import Synchronization
import TestSupport
import Testing

@testable import MountFS

/// A bucket, a staged file that goes to the key `a`, and what its sealed versions were.
final class WritingBench: Sendable {
    private struct State {
        var bytes: [UInt8]
        var sealed: [Int: [UInt8]] = [:]
    }

    static let partSize = 4096
    private let bucket: TemporaryFolder
    private let place: TemporaryFolder
    let store: WatchedStore
    let file: StagedFile
    let uploader: Uploader
    let base: StoredObject?
    private let staging: StagingFolder
    private let state: Mutex<State>

    /// Nothing: the file is new.
    init(
        object: [UInt8]?, partSize: Int = partSize, wholeUpTo: Int? = nil, isAlwaysWhole: Bool = false,
        _ change: (inout StoreCapabilities) -> Void = { _ in }
    ) async throws {
        bucket = try TemporaryFolder()
        place = try TemporaryFolder()
        store = WatchedStore(try await FileStore.open(RawPath(bucket.path), isDurable: false), change)
        var settings = UploadSettings()
        (settings.partSize, settings.leastEqualPart, settings.requests) = (partSize, 8 * partSize, 4)
        (settings.wholeUpTo, settings.isAlwaysWhole) = (wholeUpTo, isAlwaysWhole)
        uploader = Uploader(store, MemoryBudget(1 << 20), settings)
        var base: StoredObject?
        if let object {
            let inner = try await FileStore.open(RawPath(bucket.path), isDurable: false)
            base = StoredObject(
                "a", try await inner.put("a", .bytes(object), PutOptions()).version, size: object.count)
        }
        self.base = base
        let folder = SharedDescriptor(try .open(RawPath(place.path), FileFlags.folder))
        staging = try #require(try StagingFolder(folder))
        file = try staging.make(
            StagedImage(ofObjectWithSize: object?.count ?? 0), base: base?.words, name: "a", description: nil,
            isTorn: object == nil)
        state = Mutex(State(bytes: object ?? []))
    }

    var target: Uploader.Target {
        Uploader.Target(
            key: "a", metadata: .init(),
            replacing: file.state.base.flatMap(StoredObject.init(words:))?.version)
    }

    func write(_ new: [UInt8], at offset: Int) throws(SystemError) {
        try state.withLock { state throws(SystemError) in
            let missing = offset + new.count - state.bytes.count
            if missing > 0 { state.bytes += [UInt8](repeating: 0, count: missing) }
            state.bytes.replaceSubrange(offset..<offset + new.count, with: new)
            try file.write(new, at: offset)
        }
    }

    func resize(to size: Int) throws(SystemError) {
        try state.withLock { state throws(SystemError) in
            state.bytes =
                Array(state.bytes.prefix(size)) + [UInt8](repeating: 0, count: max(0, size - state.bytes.count))
            try file.resize(to: size)
        }
    }

    @discardableResult
    func seal() throws(SystemError) -> Int {
        try state.withLock { state throws(SystemError) in
            let number = try file.seal()
            state.sealed[number] = state.bytes
            return number
        }
    }

    var size: Int { state.withLock { $0.bytes.count } }
    func sealed(_ number: Int) -> [UInt8]? { state.withLock { $0.sealed[number] } }

    func object() throws -> [UInt8]? {
        let path = bucket.path("a")
        guard access(path, R_OK) == 0 else { return nil }
        return try FileReading.bytes(of: path, limit: 1 << 30)
    }

    /// What is in the bucket's folder beside the object.
    var leftovers: [String] {
        get throws { try bucket.names.filter { $0 != "a" } }
    }

    static func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 1...255, using: &generator) }
    }
}

extension StagedFile {
    func write(_ new: [UInt8], at offset: Int) throws(SystemError) {
        let failure = new.withUnsafeBytes { bytes -> SystemError? in
            do throws(SystemError) {
                try write(bytes, at: offset)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }
}

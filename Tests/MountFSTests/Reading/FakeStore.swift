import Checksums
import Glibc
import ObjectStore
import Platform
import Synchronization
import TestSupport

/// A bucket in memory that answers like a real one over a network: late, piece by piece, and as badly as a test says. It
/// counts what it is asked, and notes when the same bytes are asked for twice at the same time.
final class FakeStore: ReadOnlyStore {
    enum Behaviour: Sendable {
        case usual
        case fail(StoreError)
        /// After so many bytes.
        case breakOff(Int, StoreError)
        /// Says no more after so many bytes, until the call is cancelled.
        case stall(Int)
        /// Answers as from another version.
        case pretend(ObjectVersion)
        /// States these, with the first byte right or wrong.
        case state([Checksum], isRight: Bool)
        /// The first byte is wrong.
        case corrupt
    }

    /// What is asked for beside bytes.
    enum Statement: Sendable {
        case none
        case of(Checksum.Algorithm)
        case fail
        case hang
    }

    struct Request: Sendable, Equatable {
        var key: ObjectKey
        var range: Range<Int>
        var version: ObjectVersion?
    }

    private struct Object: Sendable {
        var bytes: [UInt8]
        var version: ObjectVersion
    }

    private struct State {
        var objects: [ObjectKey: Object] = [:]
        var versions = 0
        var requests: [Request] = []
        var active: [Int: Request] = [:]
        var mostActive = 0
        /// Requests, by number, during which the same bytes were asked for again.
        var overlapped: Set<Int> = []
        var overlaps = 0
        var delivered = 0
        var cancelled = 0
        var stats = 0
    }

    private let state = Mutex(State())
    let capabilities: StoreCapabilities
    private let statement: Statement
    let latency: Int
    let piece: Int
    /// Of each connection.
    let bytesPerMillisecond: Int
    private let behaviour: @Sendable (_ number: Int, Request) -> Behaviour

    init(
        latency: Int = 0, piece: Int = 64 << 10, bytesPerMillisecond: Int = .max, states: Statement = .none,
        keeps: Set<Checksum.Algorithm> = [],
        behaviour: @escaping @Sendable (_ number: Int, Request) -> Behaviour = { _, _ in .usual }
    ) {
        self.latency = latency
        self.piece = piece
        self.bytesPerMillisecond = bytesPerMillisecond
        statement = states
        var can = StoreCapabilities()
        can.checksums = keeps
        capabilities = can
        self.behaviour = behaviour
    }

    // MARK: For tests

    @discardableResult
    func set(_ key: ObjectKey, _ bytes: [UInt8]) -> ObjectVersion {
        state.withLock { state in
            state.versions += 1
            let version = ObjectVersion("v\(state.versions)")
            state.objects[key] = Object(bytes: bytes, version: version)
            return version
        }
    }

    func remove(_ key: ObjectKey) { state.withLock { $0.objects[key] = nil } }

    var requests: [Request] { state.withLock { $0.requests } }
    var overlaps: Int { state.withLock { $0.overlaps } }
    var mostActive: Int { state.withLock { $0.mostActive } }
    var active: Int { state.withLock { $0.active.count } }
    var delivered: Int { state.withLock { $0.delivered } }
    var cancelled: Int { state.withLock { $0.cancelled } }
    var stats: Int { state.withLock { $0.stats } }

    // MARK: ObjectStore

    func read(
        _ key: ObjectKey, _ range: ReadRange, of version: ObjectVersion?, into sink: ByteSink,
        checksum: Checksum.Algorithm?
    ) async throws(StoreError) -> ReadResult {
        guard case .memory(let memory, let progress) = sink else { return try await look(key, range, of: version) }
        let request = Request(
            key: key, range: range.start..<range.start + (range.count ?? memory.count), version: version)
        let number = begin(request)
        defer { end(number) }
        return try await answer(request, number, of: version, into: memory, progress)
    }

    /// A read of a few bytes, of which nothing but the outcome counts.
    private func look(
        _ key: ObjectKey, _ range: ReadRange, of version: ObjectVersion?
    ) async throws(StoreError) -> ReadResult {
        let count = range.count ?? 1
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { memory.deallocate() }
        let request = Request(key: key, range: range.start..<range.start + count, version: version)
        let number = begin(request)
        defer { end(number) }
        return try await answer(request, number, of: version, into: memory, nil)
    }

    /// Of a request that was given up, the bytes may be asked for again before it knows.
    private func end(_ number: Int) {
        state.withLock { state in
            state.active[number] = nil
            if state.overlapped.remove(number) != nil, !Task.isCancelled { state.overlaps += 1 }
        }
    }

    private func answer(
        _ request: Request, _ number: Int, of version: ObjectVersion?, into memory: UnsafeMutableRawBufferPointer,
        _ progress: (@Sendable (Int) -> Void)?
    ) async throws(StoreError) -> ReadResult {
        let key = request.key
        let behaviour = behaviour(number, request)
        if case .fail(let error) = behaviour { throw error }
        if latency > 0 { try await wait(latency) } else { await Task.yield() }
        guard let object = state.withLock({ $0.objects[key] }) else { throw StoreError(.notFound, "no \(key.shown)") }
        guard version == nil || version == object.version else { throw StoreError(.changed, "changed") }
        let range = ReadRange(from: request.range.lowerBound, count: request.range.count)
        guard let clipped = range.clipped(to: object.bytes.count) else { throw StoreError(.invalid, "range") }
        var count = 0
        while count < clipped.count {
            if case .breakOff(let most, let error) = behaviour, count >= most { throw error }
            if case .stall(let most) = behaviour, count >= most { try await wait(1 << 30) }
            let more = min(piece, clipped.count - count)
            if bytesPerMillisecond != .max { try await wait(max(1, more / bytesPerMillisecond)) }
            guard !Task.isCancelled else { throw cancellation() }
            object.bytes.withUnsafeBytes { bytes in
                let source = bytes[clipped.lowerBound + count..<clipped.lowerBound + count + more]
                UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: .init(rebasing: source))
            }
            count += more
            state.withLock { $0.delivered += more }
            progress?(count)
        }
        var info = ObjectInfo(
            key: key, size: object.bytes.count, modified: FileTime(seconds: 0, nanoseconds: 0), version: object.version)
        if case .pretend(let version) = behaviour { info.version = version }
        if case .corrupt = behaviour { memory[0] ^= 0xFF }
        if case .state(let checksums, let isRight) = behaviour {
            info.checksums = checksums
            if !isRight { memory[0] ^= 0xFF }
        }
        return ReadResult(object: info, count: count)
    }

    private func begin(_ request: Request) -> Int {
        state.withLock { state in
            state.requests.append(request)
            // One that is given up already is not asking.
            for (number, other) in state.active
            where !Task.isCancelled && other.key == request.key && other.range.overlaps(request.range) {
                state.overlapped.insert(number)
            }
            state.active[state.requests.count] = request
            state.mostActive = max(state.mostActive, state.active.count)
            return state.requests.count
        }
    }

    private func wait(_ milliseconds: Int) async throws(StoreError) {
        do { try await Task.sleep(for: .milliseconds(milliseconds)) } catch { throw cancellation() }
    }

    private func cancellation() -> StoreError {
        state.withLock { $0.cancelled += 1 }
        return StoreError(.cancelled, "cancelled")
    }
}

// MARK: What is asked beside bytes

extension FakeStore {
    /// With a checksum of what it really has.
    func stat(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo {
        let object = state.withLock { state in
            state.stats += 1
            return state.objects[key]
        }
        guard let object else { throw StoreError(.notFound, "no \(key.shown)") }
        var info = ObjectInfo(
            key: key, size: object.bytes.count, modified: FileTime(seconds: 0, nanoseconds: 0), version: object.version)
        switch statement {
        case .none: break
        case .of(let algorithm):
            if let checksum = try? Checksum(algorithm, of: object.bytes) { info.checksums = [checksum] }
        case .fail: throw StoreError(.denied, "denied")
        case .hang: try await wait(1 << 30)
        }
        return info
    }
}

// MARK: What reading bytes never does

extension FakeStore {
    private static let onlyBytes = StoreError(.unsupported, "of this store only bytes are read")

    func list(_ request: ListRequest) async throws(StoreError) -> ListPage { throw Self.onlyBytes }
}

import Checksums
import ObjectStore
import Plan
import Platform
import TaskFile

/// Fetches bytes of objects into files.
struct ObjectFetching: Sendable {
    private let comparing: ObjectComparing
    private let memory: MemoryBudget
    private let partSize: Int
    private let length: PartLength
    /// More buffers than a processor's cache and a disk can make use of are of none.
    private let buffers: Gate

    /// How often bytes that arrive wrong are fetched again.
    static let attempts = 3
    private static let mostInBuffers = 128 << 20

    init(_ comparing: ObjectComparing, memory: MemoryBudget, partSize: Int, _ length: PartLength) {
        self.comparing = comparing
        self.memory = memory
        self.partSize = partSize
        self.length = length
        buffers = Gate(max(1, Self.mostInBuffers / partSize))
    }

    /// What a request for so many bytes takes on their way into a file: its connection, as it is with TLS, and buffers of curl's
    /// and ours that are touched as far as bytes come.
    private static func memory(for bytes: Int) -> Int { (128 << 10) + min(bytes, 256 << 10) + min(bytes, 320 << 10) }

    /// Whether enough buffers of a part's size can be there side by side.
    private var areBuffersUsable: Bool { partSize <= min(memory.total / 3, Self.mostInBuffers / 8) }

    // MARK: Whole objects

    struct Fetched {
        var count: Int
        /// Not where all that is kept of an object should be compared, and there is nothing that could be.
        var isProven: Bool
    }

    func fetch(
        _ item: SourceItem, from store: any ObjectStore, into file: SharedDescriptor
    ) async throws(CopyFailure) -> Fetched {
        let algorithm = comparing.algorithm(of: item)
        var wrong: CopyFailure?
        for _ in 0..<Self.attempts {
            let share = Self.memory(for: item.hasUnknownSize ? .max : item.size)
            await memory.take(share)
            let result: ReadResult
            do {
                defer { memory.giveBack(share) }
                let expected = item.hasUnknownSize ? nil : item.size
                result = try await read(
                    item, .whole, store, into: .file(file, offset: 0, expected: expected), algorithm)
            }
            guard item.hasUnknownSize || result.count == item.size else { throw .changed(item) }
            if item.hasUnknownSize { try cut(file, to: result.count, item) }
            if let stated = result.object.checksums.first(where: { $0.algorithm == algorithm }) {
                guard result.checksum != stated else { return Fetched(count: result.count, isProven: true) }
                wrong = .corrupt(item, stated)
                continue
            }
            guard comparing.choice == .full, result.count > 0 else {
                return Fetched(count: result.count, isProven: true)
            }
            guard let stated = try await comparing.anyStated(of: result.object, item, in: store) else {
                return Fetched(count: result.count, isProven: false)
            }
            switch try await comparing.compare(file, size: result.count, with: stated, item, in: store) {
            case .equal: return Fetched(count: result.count, isProven: true)
            case .incomparable: return Fetched(count: result.count, isProven: false)
            case .different: wrong = .corrupt(item, stated.checksum)
            }
        }
        throw wrong ?? .changed(item)
    }

    /// An attempt that was broken off may have got further than the one that came to its end.
    private func cut(_ file: SharedDescriptor, to size: Int, _ item: SourceItem) throws(CopyFailure) {
        do throws(SystemError) {
            try file.file.resize(to: size)
        } catch {
            throw CopyFailure.writing(item.path, error)
        }
    }

    private func read(
        _ item: SourceItem, _ range: ReadRange, _ store: any ObjectStore, into sink: ByteSink,
        _ algorithm: Checksum.Algorithm?
    ) async throws(CopyFailure) -> ReadResult {
        do throws(StoreError) {
            return try await store.read(
                ObjectKey(item.sourcePath.bytes), range, of: item.version, into: sink, checksum: algorithm)
        } catch {
            throw CopyFailure(error, item)
        }
    }

    // MARK: Parts

    /// Fetches parts that lie one beside the other to their place; their checksum, where the whole has one that can be put together.
    func fetch(_ range: Range<Int>, of object: LargeObject) async throws(CopyFailure) -> Checksum? {
        guard let direct = object.file.direct, areBuffersUsable else {
            let share = Self.memory(for: range.count)
            await memory.take(share)
            defer { memory.giveBack(share) }
            return try await fetch(range, of: object, into: .file(object.file.file, offset: range.lowerBound))
        }
        // The bytes are in the buffer, but for what curl holds of them.
        let share = Self.memory(for: 128 << 10)
        await buffers.enter()
        defer { buffers.leave() }
        let buffer = await memory.take(share, andBufferOf: partSize)
        defer { memory.giveBack(share, and: buffer) }
        let bytes = buffer.prefix(range.count)
        let checksum = try await fetch(range, of: object, into: .memory(bytes))
        do throws(SystemError) {
            try direct.write(UnsafeRawBufferPointer(bytes), at: range.lowerBound)
        } catch {
            throw CopyFailure.writing(object.file.item.path, error)
        }
        return checksum
    }

    private func fetch(
        _ range: Range<Int>, of object: LargeObject, into sink: ByteSink
    ) async throws(CopyFailure) -> Checksum? {
        let item = object.file.item
        let result = try await read(
            item, ReadRange(from: range.lowerBound, count: range.count), object.opened.store, into: sink,
            object.file.algorithm)
        guard result.count == range.count, result.object.size == item.size else { throw .changed(item) }
        // The last part of an object may be a few bytes, which tell nothing.
        if let timing = result.timing, range.count >= object.file.partSize {
            length.note(timing, parts: Double(range.count) / Double(object.file.partSize))
        }
        return result.checksum
    }
}

import Checksums
import ObjectStore
import Plan
import Platform
import TaskFile

/// Fetches bytes of objects into files and checks that they are the right ones.
struct ObjectFetching: Sendable {
    let choice: ChecksumChoice
    private let memory: MemoryBudget
    private let partSize: Int
    private let length: PartLength
    /// More buffers than a processor's cache and a disk can make use of are of none.
    private let buffers: Gate

    /// How often bytes that arrive wrong are fetched again.
    static let attempts = 3
    private static let mostInBuffers = 128 << 20

    init(choice: ChecksumChoice, memory: MemoryBudget, partSize: Int, _ length: PartLength) {
        self.choice = choice
        self.memory = memory
        self.partSize = partSize
        self.length = length
        buffers = Gate(max(1, Self.mostInBuffers / partSize))
    }

    /// What a request for so many bytes takes on their way into a file: its connection, as it is with TLS, and buffers of curl's
    /// and ours that are touched as far as bytes come.
    private static func memory(for bytes: Int) -> Int { (128 << 10) + 2 * min(bytes, 256 << 10) }

    /// Whether enough buffers of a part's size can be there side by side.
    private var areBuffersUsable: Bool { partSize <= min(memory.total / 3, Self.mostInBuffers / 8) }

    // MARK: Whole objects

    /// How many bytes came.
    func fetch(
        _ item: SourceItem, from store: any ObjectStore, into file: SharedDescriptor
    ) async throws(CopyFailure) -> Int {
        let algorithm = choice == .off ? nil : item.checksum
        var wrong: CopyFailure?
        for _ in 0..<Self.attempts {
            let share = Self.memory(for: item.hasUnknownSize ? .max : item.size)
            await memory.take(share)
            let result: ReadResult
            do {
                defer { memory.giveBack(share) }
                result = try await read(item, .whole, store, into: .file(file, offset: 0), algorithm)
            }
            guard item.hasUnknownSize || result.count == item.size else { throw .changed(item) }
            if item.hasUnknownSize { try cut(file, to: result.count, item) }
            let stated = result.object.checksums.first { $0.algorithm == algorithm }
            guard let stated, result.checksum != stated else { return result.count }
            wrong = .corrupt(item, stated)
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

    /// What the store says of a large object as a whole, if that can be compared with what its parts are checked by. Listings
    /// seldom have it.
    func statedChecksum(of item: SourceItem, in store: any ObjectStore) async throws(CopyFailure) -> Checksum? {
        guard choice != .off else { return nil }
        let mayBeCombinable =
            item.checksum?.isCombinable == true || store.capabilities.checksums.contains(where: \.isCombinable)
        guard choice == .full || mayBeCombinable else { return nil }
        do throws(StoreError) {
            let object = try await store.stat(ObjectKey(item.sourcePath.bytes))
            guard item.version == nil || object.version == item.version else { throw StoreError(.changed, "") }
            let combinable = object.checksums.first { $0.algorithm.isCombinable }
            return combinable ?? (choice == .full ? object.checksums.first : nil)
        } catch {
            throw CopyFailure(error, item)
        }
    }

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
        let algorithm = object.stated.flatMap { $0.algorithm.isCombinable ? $0.algorithm : nil }
        let result = try await read(
            item, ReadRange(from: range.lowerBound, count: range.count), object.opened.store, into: sink, algorithm)
        guard result.count == range.count, result.object.size == item.size else { throw .changed(item) }
        // The last part of an object may be a few bytes, which tell nothing.
        if let timing = result.timing, range.count >= partSize {
            length.note(timing, parts: Double(range.count) / Double(partSize))
        }
        return result.checksum
    }

    /// Compares a large object that is there as a whole with what the store says of it.
    func verify(_ object: LargeObject) throws(CopyFailure) {
        guard let stated = object.stated else { return }
        let item = object.file.item
        let found: Checksum
        if let combined = object.file.checksum {
            found = combined
        } else {
            do throws(SystemError) {
                found = try FileDigest.checksum(stated.algorithm, of: object.file.file)
            } catch {
                throw CopyFailure.writing(item.path, error)
            }
        }
        guard found == stated else { throw .corrupt(item, stated) }
    }
}

extension CopyFailure {
    static func changed(_ item: SourceItem) -> CopyFailure {
        CopyFailure(
            .sourceChanged, "`\(item.sourcePath.text)` has changed since it was listed",
            hint: "run again: what is in place stays, and the new version is copied")
    }

    static func corrupt(_ item: SourceItem, _ stated: Checksum) -> CopyFailure {
        CopyFailure(
            .corrupt,
            "`\(item.sourcePath.text)` did not arrive as it is stored: its \(stated.algorithm.rawValue) is wrong",
            hint: "run again; if it stays so, the object or the way to it is damaged")
    }

    init(_ error: StoreError, _ item: SourceItem) {
        let name = "`\(item.sourcePath.text)`"
        let request = error.requestID.map { " (request \($0.printable))" } ?? ""
        switch error.code {
        case .cancelled: self.init(.cancelled, "the copy was stopped")
        case .changed, .conditionFailed, .notFound:
            self =
                error.code == .notFound
                ? CopyFailure(.sourceChanged, "\(name) has gone since it was listed") : .changed(item)
        case .noSpace:
            self.init(
                .noSpace, error.message,
                hint: "something else has filled the disk; free room and run again: what is in place stays")
        default:
            self.init(Code(error.code), "\(name): \(error.message)\(request)", hint: error.hint)
        }
    }
}

extension CopyFailure.Code {
    fileprivate init(_ code: StoreError.Code) {
        self =
            switch code {
            case .denied: .sourceDenied
            case .wrongRegion: .wrongRegion
            case .archived: .archived
            case .noCredentials: .noCredentials
            case .expiredCredentials: .expiredCredentials
            case .unreachable: .unreachable
            case .throttled: .throttled
            case .noSpace: .noSpace
            case .cancelled: .cancelled
            case .notFound, .changed, .conditionFailed: .sourceChanged
            case .invalid, .tooLarge, .inputOutput, .unsupported: .inputOutput
            }
    }
}

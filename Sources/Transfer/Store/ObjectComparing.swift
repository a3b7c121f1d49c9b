import Checksums
import ObjectStore
import Plan
import Platform
import TaskFile

/// Compares what has come of objects with what the store says of them.
struct ObjectComparing: Sendable {
    let choice: ChecksumChoice
    /// Of parts, where nothing that is stated asks for others.
    let partSize: Int

    enum Result { case equal, different, incomparable }

    /// What a small object is compared with as it comes: that costs no request.
    func algorithm(of item: SourceItem) -> Checksum.Algorithm? { choice == .off ? nil : item.checksum }

    // MARK: What is stated

    /// What the store says of a large object, if that can be compared with what its parts are checked by. Listings seldom have it.
    func stated(of item: SourceItem, in store: any ObjectStore) async throws(CopyFailure) -> StatedChecksum? {
        guard choice != .off else { return nil }
        let mayBeCombinable =
            item.checksum?.isCombinable == true || store.capabilities.checksums.contains(where: \.isCombinable)
        guard choice == .full || mayBeCombinable else { return nil }
        let object: ObjectInfo
        do throws(StoreError) {
            object = try await store.stat(ObjectKey(item.sourcePath.bytes))
            guard item.version == nil || object.version == item.version else { throw StoreError(.changed, "") }
        } catch {
            throw CopyFailure(error, item)
        }
        if let combinable = object.checksums.first(where: \.algorithm.isCombinable) { return .ofWhole(combinable) }
        let stated = try await statedOfParts(object, item, in: store)
        if let combinable = stated.first(where: { $0.partSize(usual: partSize) != nil }) { return combinable }
        guard choice == .full else { return nil }
        return object.checksums.first.map { .ofWhole($0) } ?? stated.first
    }

    /// The first of what is stated, be it what it may.
    func anyStated(
        of object: ObjectInfo, _ item: SourceItem, in store: any ObjectStore
    ) async throws(CopyFailure) -> StatedChecksum? {
        if let whole = object.checksums.first { return .ofWhole(whole) }
        return try await statedOfParts(object, item, in: store).first
    }

    /// Uploads mostly have parts of one size; whether this one has is asked only if what came is another thing than is stated.
    private func statedOfParts(
        _ object: ObjectInfo, _ item: SourceItem, in store: any ObjectStore
    ) async throws(CopyFailure) -> [StatedChecksum] {
        let wanted = object.composites.filter { choice == .full || $0.checksum.algorithm.isCombinable }
        guard !wanted.isEmpty, let size = try await size(ofPart: 1, of: object.version, item, in: store) else {
            return []
        }
        return wanted.filter { $0.fits(partSize: size, of: object.size) }.map { .ofParts($0, size: size) }
    }

    private func size(
        ofPart number: Int, of version: ObjectVersion, _ item: SourceItem, in store: any ObjectStore
    ) async throws(CopyFailure) -> Int? {
        do throws(StoreError) {
            return try await store.size(ofPart: number, of: ObjectKey(item.sourcePath.bytes), version)
        } catch {
            throw CopyFailure(error, item)
        }
    }

    // MARK: What has come

    /// Whether the file has in this range what has this checksum, as far as one is known.
    func isThere(_ checksum: Checksum?, _ range: Range<Int>, of object: LargeObject) throws(CopyFailure) -> Bool {
        guard let checksum else { return true }
        do throws(SystemError) {
            return try FileDigest.checksum(checksum.algorithm, of: object.file.file, range) == checksum
        } catch {
            throw CopyFailure.writing(object.file.item.path, error)
        }
    }

    /// Compares a large object that is there as a whole. False where all objects should be compared and this one cannot be.
    func verify(_ object: LargeObject) async throws(CopyFailure) -> Bool {
        let item = object.file.item
        guard let stated = object.stated else { return choice != .full }
        if let combined = object.file.checksum, combined == stated.checksum { return true }
        switch try await compare(object.file.file, size: item.size, with: stated, item, in: object.opened.store) {
        case .equal: return true
        case .incomparable: return choice != .full
        case .different: throw .corrupt(item, stated.checksum)
        }
    }

    func compare(
        _ file: SharedDescriptor, size: Int, with stated: StatedChecksum, _ item: SourceItem, in store: any ObjectStore
    ) async throws(CopyFailure) -> Result {
        do throws(SystemError) {
            if try FileDigest.checksum(like: stated, of: file, size: size) == stated.checksum { return .equal }
        } catch  where error == FileDigest.unavailable {
            return .incomparable
        } catch {
            throw CopyFailure.writing(item.path, error)
        }
        guard case .ofParts(let composite, let partSize) = stated, let version = item.version else { return .different }
        // All but the last, which has the rest.
        for number in 2..<max(2, composite.parts) {
            guard try await self.size(ofPart: number, of: version, item, in: store) == partSize else {
                return .incomparable
            }
        }
        return .different
    }
}

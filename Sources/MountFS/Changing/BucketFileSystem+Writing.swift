import Glibc
import JSON
import ObjectStore
import Platform
import Staging
import Synchronization

/// Bytes that are written. Their way into the bucket is `WrittenFile`'s.
extension BucketFileSystem {
    /// Begins what waits for the store, and answers with what comes of it. What nobody wants any more is undone.
    func begin<Answer: Sendable>(
        _ reply: Reply<Answer>, _ body: @escaping @Sendable () async throws(SystemError) -> Answer,
        undo: @escaping @Sendable (Answer) -> Void = { _ in }
    ) {
        tree.calls.begin {
            do throws(SystemError) {
                let answer = try await body()
                if !reply.answer(answer) { undo(answer) }
            } catch {
                reply.fail(error)
            }
        }
    }

    // MARK: Content

    public func write(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, of node: NodeID, _ handle: HandleID, _ reply: Reply<Int>
    ) {
        guard let writing, let (open, file) = writer(handle, of: node) else { return _ = reply.fail(.badHandle) }
        if writing.room.take(bytes.count) { return write(bytes, at: offset, to: file, open, writing, reply) }
        let files = tree.written().map(\.file)
        do throws(SystemError) {
            for file in files { try file.letGoOfParts() }
        } catch {
            report(unstaged: file.key, error, writing)
            return _ = reply.fail(error)
        }
        if writing.room.take(bytes.count) { return write(bytes, at: offset, to: file, open, writing, reply) }
        // Where nothing is on its way into the bucket there will be no more room.
        guard files.contains(where: \.isOnItsWay) else { return refuseRoom(for: file, writing, reply) }
        let bytes = Array(bytes)
        writing.room.take(bytes.count, within: writing.settings.ioTimeout) { [self] isThere in
            guard isThere else { return refuseRoom(for: file, writing, reply) }
            tree.calls.begin { [self] in
                bytes.withUnsafeBytes { write($0, at: offset, to: file, open, writing, reply) }
            }
        }
    }

    private func refuseRoom(for file: WrittenFile, _ writing: MountWriting, _ reply: Reply<Int>) {
        let place = writing.path.text.printable
        let name = file.key?.shown ?? "a removed file"
        tree.report(StoreError(.noSpace, "\(name): as much is staged in \(place) as `staging.size` allows"))
        reply.fail(.noRoom)
    }

    private func write(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, to file: WrittenFile, _ open: OpenedFile,
        _ writing: MountWriting, _ reply: Reply<Int>
    ) {
        do throws(SystemError) {
            try file.write(bytes, at: offset)
            open.noteWrite()
            reply.answer(bytes.count)
        } catch {
            report(unstaged: file.key, error, writing)
            reply.fail(error)
        }
    }

    /// Whoever is refused something for the sake of this machine's disk, and wonders why, looks into the log and the status.
    func report(unstaged key: ObjectKey?, _ error: SystemError, _ writing: MountWriting) {
        let name = key?.shown ?? "a removed file"
        tree.report(StoreError(error, "\(name): cannot be staged in \(writing.path.text.printable)"))
    }

    /// A new staged file.
    func stage(
        _ image: StagedImage, of base: StoredObject?, as name: WrittenName, _ description: WrittenDescription,
        heldBy holders: [WrittenHandle] = [], isTorn: Bool, _ writing: MountWriting
    ) throws(SystemError) -> StagedFile {
        do throws(SystemError) {
            return try writing.staging.make(
                image, base: base?.words, name: name.words, description: description.words,
                holders: holders.isEmpty ? nil : .array(holders.map(\.words)), isTorn: isTorn)
        } catch {
            report(unstaged: name.key, error, writing)
            throw error
        }
    }

    public func reserve(
        _ count: Int, at offset: Int, of node: NodeID, _ handle: HandleID, mode: Int32, _ reply: Reply<Void>
    ) {
        guard let (open, file) = writer(handle, of: node) else { return _ = reply.fail(.badHandle) }
        let (keepsSize, punches, zeroes) = (mode & 1 != 0, mode & 2 != 0, mode & 16 != 0)
        guard mode & ~19 == 0, !(punches && (zeroes || !keepsSize)), offset >= 0, count > 0 else {
            return _ = reply.fail(SystemError(code: EOPNOTSUPP))
        }
        do throws(SystemError) {
            let end = offset + count
            if punches || zeroes { try file.clear(offset..<end) }
            if !keepsSize, end > file.staged.size { try file.resize(to: end) }
            open.noteWrite()
            reply.answer(())
        } catch {
            reply.fail(error)
        }
    }

    func writer(_ handle: HandleID, of node: NodeID) -> (OpenedFile, WrittenFile)? {
        guard let open = handles.withLock({ $0.file(handle) }) else { return nil }
        return open.written.map { (open, $0) }
    }
}

extension SystemError {
    static let badHandle = SystemError(code: EBADF)
    static let noRoom = SystemError(code: ENOSPC)
}

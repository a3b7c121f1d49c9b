import Checksums
import Glibc
import Platform

extension LocalTree {
    /// Files can be written in place, so that what was read is of one version only if the file is the same afterwards.
    func read(
        _ key: ObjectKey, _ range: ReadRange, of version: ObjectVersion?, into sink: ByteSink,
        _ algorithm: Checksum.Algorithm?, _ cancellation: Cancellation
    ) throws(StoreError) -> ReadResult {
        let file = try openFile(key)
        let object = try info(of: key, file)
        guard version == nil || version == object.version else { throw .changed(key) }
        guard let range = range.clipped(to: object.size) else {
            throw StoreError(.invalid, "\(key.shown) has only \(object.size) bytes")
        }
        let bytes = try copy(range, of: file, key, into: sink, cancellation)
        let checksum = try algorithm.map { (algorithm) throws(StoreError) in
            try FileChecksum.checksums([algorithm], of: file, range, "cannot read \(key.shown)", cancellation)[0]
        }
        guard try info(of: key, file).version == object.version else { throw .changed(key) }
        return ReadResult(object: object, count: range.count, bytes: bytes, checksum: checksum)
    }

    /// Opens a file for reading; a link is none, although it is an object.
    func openFile(_ key: ObjectKey) throws(StoreError) -> OwnedDescriptor {
        let local = try LocalKey(key)
        do throws(SystemError) {
            // Does not wait for the other end, should it be a pipe.
            return try .open(beneath: root.file, local.path, O_RDONLY | O_NONBLOCK)
        } catch {
            if error.code == ELOOP, case .symlink? = try? stat(key).kind {
                throw StoreError(.invalid, "\(key.shown) is a link, which has no content of its own")
            }
            throw StoreError(error, "cannot read \(key.shown)")
        }
    }

    func info(of key: ObjectKey, _ file: borrowing OwnedDescriptor) throws(StoreError) -> ObjectInfo {
        do throws(SystemError) {
            return try Self.info(of: key, file.entry()) { () throws(SystemError) in throw .notThere }
        } catch {
            throw StoreError(error, "cannot read \(key.shown)")
        }
    }

    private func copy(
        _ range: Range<Int>, of file: borrowing OwnedDescriptor, _ key: ObjectKey, into sink: ByteSink,
        _ cancellation: Cancellation
    ) throws(StoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        let count: Int
        do throws(SystemError) {
            switch sink {
            case .file(let target, let offset, _):
                count = try RangeCopy.copy(
                    from: file, at: range.lowerBound, count: range.count, to: target.file, at: offset,
                    isCancelled: { cancellation.isCancelled })
            case .memory(let memory, _):
                guard range.count <= memory.count else { throw SystemError(code: EFBIG) }
                count = try file.read(into: .init(rebasing: memory[..<range.count]), at: range.lowerBound)
            case .bytes(let limit):
                guard range.count <= limit else { throw SystemError(code: EFBIG) }
                let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: range.count, alignment: 1)
                defer { memory.deallocate() }
                count = try file.read(into: memory, at: range.lowerBound)
                bytes = Array(memory)
            }
        } catch {
            throw StoreError(error, "cannot read \(key.shown)")
        }
        guard count == range.count else { throw .changed(key) }
        return bytes
    }
}

extension StoreError {
    static func changed(_ key: ObjectKey) -> StoreError {
        StoreError(.changed, "\(key.shown) is not the version that was asked for any more")
    }
}

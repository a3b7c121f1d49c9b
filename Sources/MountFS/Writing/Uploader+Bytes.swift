import ObjectStore
import Platform
import Staging

/// Where the bytes come from that are sent.
extension Uploader {
    /// Of a sealed version; nothing when another has taken its place.
    func bytes(_ range: Range<Int>, of file: StagedFile, _ version: Int) async throws(Failure) -> [UInt8]? {
        while file.state.sealed?.number == version {
            let sending = try onDisk { () throws(SystemError) in try file.beginSending(range) }
            defer { _ = try? file.endSending(sending, as: nil) }
            guard sending.version == version else { return nil }
            if let bytes = try await fill(sending, of: file) { return bytes }
        }
        return nil
    }

    /// All of what is sent, or a piece of it: one after the other.
    func fill(
        _ sending: StagedFile.SentRange, _ piece: Range<Int>? = nil, of file: StagedFile
    ) async throws(Failure) -> [UInt8]? {
        let piece = piece ?? sending.range
        guard var bytes = try filled(sending, piece, of: file) else { return nil }
        let ofBase = sending.ofBase.map { $0.clamped(to: piece) }.filter { !$0.isEmpty }
        guard !ofBase.isEmpty else { return bytes }
        guard let base = file.state.base.flatMap(StoredObject.init(words:)) else { throw .disk(.ioError) }
        for range in ofBase {
            let got = try await inStore(base.key) { () async throws(StoreError) in
                try await store.read(
                    base.key, ReadRange(from: range.lowerBound, count: range.count), of: base.version,
                    into: .bytes(limit: range.count)
                ).bytes
            }
            let start = range.lowerBound - piece.lowerBound
            bytes.replaceSubrange(start..<start + range.count, with: got)
        }
        return bytes
    }

    private func filled(
        _ sending: StagedFile.SentRange, _ piece: Range<Int>, of file: StagedFile
    ) throws(Failure) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: piece.count)
        let isFilled = bytes.withUnsafeMutableBytes { memory -> Result<Bool, SystemError> in
            do throws(SystemError) {
                return .success(try file.fill(memory, with: sending, in: piece))
            } catch {
                return .failure(error)
            }
        }
        return try onDisk { () throws(SystemError) in try isFilled.get() } ? bytes : nil
    }
}

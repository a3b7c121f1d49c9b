public import Checksums
import HTTP
public import Platform

extension AzureStore {
    public func read(
        _ key: ObjectKey, _ range: ReadRange, of version: ObjectVersion?, into sink: ByteSink,
        checksum: Checksum.Algorithm?
    ) async throws(StoreError) -> ReadResult {
        try check(key)
        let task = "cannot read \(key.shown)"
        // No range says "nothing".
        guard range.count != 0 else { return try await readNothing(key, range, version, checksum) }
        var message = request(.get, key)
        message.headers["If-Match"] = try version?.condition
        let read = RangedRead(
            key: key, range: range, version: version, sink: sink, checksum: checksum, task: task
        ) { (headers, answer) throws(StoreError) in
            guard let info = self.info(of: key, headers, size: answer.size ?? 0, isRange: !answer.isWhole) else {
                throw StoreError(.inputOutput, "\(task): the answer has no ETag", isRetryable: true)
            }
            guard !AzureMetadata.isFolder(info.metadata) else { throw isFolder(key, task) }
            return info
        }
        let answer = try await read.ask(message) { (message) async throws(StoreError) in
            try await sendAny(message, task)
        }
        switch answer {
        case .read(let result): return result
        case .outside: return try await readNothing(key, range, version, checksum)
        case .refused(let response):
            // A folder that something of another name marks.
            if response.status == 404, key.endsInSlash { return try await readNothing(key, range, version, checksum) }
            throw failure(response, task, broken: .changed)
        }
    }
}

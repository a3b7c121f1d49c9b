public import Checksums
import HTTP
public import Platform
import Signing

extension GCSStore {
    public func read(
        _ key: ObjectKey, _ range: ReadRange, of version: ObjectVersion?, into sink: ByteSink,
        checksum: Checksum.Algorithm?
    ) async throws(StoreError) -> ReadResult {
        try check(key)
        let task = "cannot read \(key.shown)"
        // No range says "nothing".
        guard range.count != 0 else { return try await readNothing(key, range, version, checksum) }
        var query = [QueryItem("alt", "media")]
        if let version {
            guard let generation = version.generation else { throw .changed(key) }
            query.append(QueryItem("generation", generation))
        }
        // What is stored packed comes as it is stored: unpacked by the server it would have no ranges, and another length.
        let message = request(.get, site.object(key, nil, query), headers: ["Accept-Encoding": "gzip"])
        let read = RangedRead(
            key: key, range: range, version: version, sink: sink, checksum: checksum, task: task
        ) { (headers, answer) throws(StoreError) in
            try Self.info(of: key, headers, size: answer.size, task)
        }
        let answer = try await read.ask(message) { (message) async throws(StoreError) in
            try await sendAny(message, task)
        }
        switch answer {
        case .read(let result): return result
        case .outside: return try await readNothing(key, range, version, checksum)
        case .refused(let response): throw try await missing(key, version, failure(response, task))
        }
    }

    /// What an answer's headers say of the object.
    private static func info(
        of key: ObjectKey, _ headers: HTTPHeaders, size: Int?, _ task: String
    ) throws(StoreError) -> ObjectInfo {
        guard let generation = headers["x-goog-generation"], !generation.isEmpty else {
            throw StoreError(.inputOutput, "\(task): the answer names no generation", isRetryable: true)
        }
        guard headers["x-goog-stored-content-encoding"] != "gzip" || headers["Content-Encoding"] == "gzip" else {
            throw StoreError(
                .inputOutput, "\(task): it is stored packed, and was unpacked on the way", isRetryable: false)
        }
        let modified = headers["Last-Modified"].flatMap { HTTPDate.seconds($0) }
        var info = ObjectInfo(
            key: key, size: size ?? 0, modified: FileTime(seconds: modified ?? 0, nanoseconds: 0),
            version: ObjectVersion(generation), metadata: GCSMetadata.metadata(headers),
            checksums: GCSMetadata.checksums(headers), storageClass: headers["x-goog-storage-class"])
        info.checksumAlgorithm = info.checksums.first?.algorithm
        return info
    }
}

extension ObjectStore {
    /// Copies over whatever is there; what is too large to be copied at once in parts.
    public func copyAnySize(
        _ source: CopySource, to key: ObjectKey, _ metadata: ObjectMetadata?, size known: Int? = nil
    ) async throws(StoreError) -> PutResult {
        let size: Int
        if let known {
            size = known
        } else if capabilities.maximumCopy == .max {
            size = 0
        } else {
            size = try await stat(source.key).size
        }
        guard size > capabilities.maximumCopy else { return try await copy(source, to: key, metadata, if: .always) }
        let kept: ObjectMetadata
        if let metadata { kept = metadata } else { kept = try await stat(source.key).metadata }
        let upload = try await beginUpload(key, UploadOptions(metadata: kept))
        do throws(StoreError) {
            return try await complete(upload, try await copyParts(of: source, size, to: upload), if: .always)
        } catch {
            // What is left of it would cost money.
            try? await abort(upload)
            throw error
        }
    }

    /// Some at a time: a server copies at its own speed, and each connection waits for it.
    private func copyParts(
        of source: CopySource, _ size: Int, to upload: Upload
    ) async throws(StoreError) -> [UploadedPart] {
        let partSize = max(capabilities.minimumPartSize, min(capabilities.maximumPartSize, 512 << 20))
        let count = (size + partSize - 1) / partSize
        guard count <= capabilities.maximumParts else {
            throw StoreError(.invalid, "\(source.key.shown) is too large to be copied")
        }
        var parts: [UploadedPart] = []
        for start in stride(from: 1, through: count, by: Self.partsAtOnce) {
            let numbers = start...min(count, start + Self.partsAtOnce - 1)
            let results = await withTaskGroup(of: Result<UploadedPart, StoreError>.self) { group in
                for number in numbers {
                    let range = (number - 1) * partSize..<min(size, number * partSize)
                    group.addTask {
                        do throws(StoreError) {
                            return .success(try await copyPart(number, of: upload, from: source, range))
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            for result in results { parts.append(try result.get()) }
        }
        return parts.sorted { $0.number < $1.number }
    }

    private static var partsAtOnce: Int { 8 }
}

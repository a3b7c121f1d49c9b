import HTTP
import Signing

extension S3Store {
    public func copy(
        _ source: CopySource, to key: ObjectKey, _ metadata: ObjectMetadata?, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        try check(key)
        let task = "cannot copy \(source.key.shown) to \(key.shown)"
        var headers = try headers(copying: source)
        if let metadata {
            headers.add(try S3Metadata.headers(metadata))
            headers["x-amz-metadata-directive"] = "REPLACE"
        }
        headers.add(settings.headersOfWrites)
        try add(condition, to: &headers, capabilities.conditionalCopy, task)
        try await checkByHand(source)
        let response = try await sendAny(request(.put, key, headers: headers).slow, task)
        guard response.isSuccess, !S3ErrorAnswer.isHidden(in: response) else {
            throw await refusal(response, source, task)
        }
        let result = PutResult(version: try version(inBodyOf: response, task))
        try await checkByHand(source)
        return result
    }

    func headers(copying source: CopySource) throws(StoreError) -> HTTPHeaders {
        try check(source.key)
        var headers: HTTPHeaders = [:]
        headers["x-amz-copy-source"] =
            PercentEncoding.path(site.bucket) + "/" + PercentEncoding.path(source.key.bytes)
        headers["x-amz-copy-source-if-match"] = try source.version?.condition
        return headers
    }

    /// For servers that copy whatever is there. Asked before and after, a change in between is seen, though of a whole
    /// object not undone: its copy is there then.
    func checkByHand(_ source: CopySource) async throws(StoreError) {
        guard let version = source.version, !facts.server.checksCopySource else { return }
        guard try await stat(source.key).version == version else { throw .changed(source.key) }
    }

    /// A condition that failed may be the source's or the target's.
    private func refusal(_ response: HTTPResponse, _ source: CopySource, _ task: String) async -> StoreError {
        let failure = failure(response, task, .ofWrite)
        guard failure.code == .conditionFailed, let version = source.version else { return failure }
        let found = try? await stat(source.key).version
        return found == version ? failure : .changed(source.key)
    }
}

import HTTP
import Platform

extension AzureStore {
    public func copy(
        _ source: CopySource, to key: ObjectKey, _ metadata: ObjectMetadata?, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        try check(key)
        let task = "cannot copy \(source.key.shown) to \(key.shown)"
        var headers = try headers(copying: source)
        if let metadata {
            // The one that can give it another content type. It answers when all is there.
            headers.add(try self.headers(of: metadata))
            headers["x-ms-blob-type"] = Self.blobType
            headers["x-ms-copy-source-blob-properties"] = "false"
        } else {
            headers.add(settings.headersOfWrites)
        }
        try add(condition, to: &headers)
        let response = try await sendAny(request(.put, key, headers: headers).slow, task)
        guard response.isSuccess else { throw await refusal(response, source, task) }
        let version = try version(response, task)
        guard response.headers["x-ms-copy-status"] == "pending" else { return PutResult(version: version) }
        return try await wait(for: key, response.headers["x-ms-copy-id"], task)
    }

    func headers(copying source: CopySource) throws(StoreError) -> HTTPHeaders {
        try check(source.key)
        var headers: HTTPHeaders = [:]
        headers[AzureCopySource.header] = site.address(source.key).text
        headers["x-ms-source-if-match"] = try source.version?.condition
        return headers
    }

    /// A copy that the service makes in its own time. Until then there is an object with nothing in it.
    private func wait(for key: ObjectKey, _ id: String?, _ task: String) async throws(StoreError) -> PutResult {
        var pause = Duration.milliseconds(100)
        while true {
            do {
                try await Task.sleep(for: pause)
            } catch {
                throw StoreError(.cancelled, "\(task): cancelled; the service goes on with it")
            }
            pause = min(pause * 2, .seconds(5))
            let response = try await send(request(.head, key), task)
            guard response.headers["x-ms-copy-id"] == id else {
                throw StoreError(.changed, "\(task): something else was written there meanwhile")
            }
            switch response.headers["x-ms-copy-status"] {
            case "pending": continue
            case "success": return PutResult(version: try version(response, task))
            default:
                let reason = response.headers["x-ms-copy-status-description"] ?? "no reason is given"
                throw StoreError(
                    .inputOutput, "\(task): the service has given up: \(reason.printable)", isRetryable: true)
            }
        }
    }

    /// A condition that failed may be the source's or the target's.
    private func refusal(_ response: HTTPResponse, _ source: CopySource, _ task: String) async -> StoreError {
        let failure = failure(response, task)
        let isTarget = AzureErrorAnswer(response).code == "TargetConditionNotMet"
        guard failure.code == .conditionFailed, !isTarget, let version = source.version else { return failure }
        let found = try? await stat(source.key).version
        return found == version ? failure : .changed(source.key)
    }
}

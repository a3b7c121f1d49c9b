import Checksums
import HTTP
import Platform
import Synchronization

extension S3Store {
    /// Those without a condition go a thousand at a time; the others, and keys that no document can hold, each by itself.
    public func delete(_ deletions: [Deletion]) async throws(StoreError) -> [Result<Void, StoreError>] {
        var outcomes = [Result<Void, StoreError>](repeating: .success(()), count: deletions.count)
        var batch: [(index: Int, element: String)] = []
        var single: [Int] = []
        for (index, deletion) in deletions.enumerated() {
            do throws(StoreError) {
                try check(deletion.key)
                if deletion.version == nil, let element = S3Deletions.element(deletion.key) {
                    batch.append((index, element))
                } else {
                    single.append(index)
                }
            } catch {
                outcomes[index] = .failure(error)
            }
        }
        for start in stride(from: 0, to: batch.count, by: capabilities.pageLimit) {
            let part = batch[start..<min(start + capabilities.pageLimit, batch.count)]
            guard facts.deletesTogether.load(ordering: .relaxed) else {
                single += part.map(\.index)
                continue
            }
            do throws(StoreError) {
                for (key, failure) in try await deleteTogether(part.map(\.element)) {
                    for (index, _) in part where deletions[index].key == key { outcomes[index] = .failure(failure) }
                }
            } catch  where error.code == .unsupported || error.status == 405 {
                // Google's servers, and small ones, cannot do it.
                facts.deletesTogether.store(false, ordering: .relaxed)
                single += part.map(\.index)
            } catch {
                for (index, _) in part { outcomes[index] = .failure(error) }
            }
        }
        let others = await deleteEach(single.map { deletions[$0] }) { (deletion) async throws(StoreError) in
            try await deleteOne(deletion)
        }
        for (index, outcome) in zip(single, others) { outcomes[index] = outcome }
        return outcomes
    }

    /// What failed.
    private func deleteTogether(_ elements: [String]) async throws(StoreError) -> [(ObjectKey, StoreError)] {
        let task = "cannot delete \(elements.count) objects of \(site.bucket)"
        let body = S3Deletions.document(elements)
        var headers: HTTPHeaders = ["Content-Type": "application/xml"]
        // AWS wants one of them, older servers know only the first. A machine that allows no MD5 sends what it has.
        for algorithm in [Checksum.Algorithm.md5, .sha256] {
            guard let checksum = try? Checksum(algorithm, of: body) else { continue }
            S3Checksums.add(checksum, to: &headers)
        }
        let message = request(.post, nil, [("delete", "")], headers: headers, body: .bytes(body))
        let response = try await send(message, task)
        do throws(XMLProblem) {
            return try S3Deletions.failures(response.body).map { failure in
                var answer = S3ErrorAnswer(response)
                (answer.code, answer.message) = (failure.code, failure.message)
                let error = S3Failure.error(
                    answer, "cannot delete \(failure.key.shown)", bucket: site.bucket, identity: service.identity)
                return (failure.key, error)
            }.filter { $0.1.code != .notFound }
        } catch {
            throw problem(error, task, response)
        }
    }

    private func deleteOne(_ deletion: Deletion) async throws(StoreError) {
        let task = "cannot delete \(deletion.key.shown)"
        let condition = deletion.version.map(WriteCondition.ifVersion) ?? .always
        var headers: HTTPHeaders = [:]
        try add(condition, to: &headers, capabilities.conditionalDelete, task)
        let response = try await sendAny(request(.delete, deletion.key, headers: headers), task)
        if response.isSuccess { return }
        let failure = refusal(response, task, condition)
        // Gone already; an attempt whose answer was lost may have done it.
        let isGone = failure.code == .notFound && S3ErrorAnswer(response).code != "NoSuchBucket"
        guard isGone || failure.status == 404 && response.attempts > 1 else { throw failure }
    }
}

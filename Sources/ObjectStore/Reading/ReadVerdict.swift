import HTTP
import Synchronization

/// What the head of an answer said of the object, kept for when the body has come.
final class ReadVerdict: Sendable {
    private let state = Mutex<Result<ObjectInfo, StoreError>?>(nil)

    var object: ObjectInfo? { state.withLock { try? $0?.get() } }

    var failure: StoreError? {
        state.withLock { result in
            if case .failure(let error) = result { error } else { nil }
        }
    }

    func accept(
        _ judge: () throws(StoreError) -> (ObjectInfo, HTTPRequest.Acceptance)
    ) -> HTTPRequest.Acceptance {
        do throws(StoreError) {
            let (object, acceptance) = try judge()
            state.withLock { $0 = .success(object) }
            return acceptance
        } catch {
            state.withLock { $0 = .failure(error) }
            return .refuse(HTTPError(.refused, error.message, isRetryable: false))
        }
    }
}

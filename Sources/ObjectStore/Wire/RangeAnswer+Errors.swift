import HTTP

extension RangeAnswer {
    /// The same as its initializer, with the errors of a store; `task` says what was tried.
    static func read(
        _ head: HTTPHead, _ range: ReadRange, of key: ObjectKey, _ task: String
    ) throws(StoreError) -> RangeAnswer {
        do throws(Problem) {
            return try RangeAnswer(head, range)
        } catch {
            switch error {
            case .outside(let size): throw .outside(key, size: size)
            case .malformed(let what): throw StoreError(.inputOutput, "\(task): \(what)", isRetryable: true)
            }
        }
    }
}

extension StoreError {
    static func outside(_ key: ObjectKey, size: Int) -> StoreError {
        StoreError(.invalid, "\(key.shown) has only \(size) bytes")
    }
}

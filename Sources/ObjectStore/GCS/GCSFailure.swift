import Platform

/// What GCS's refusals mean.
enum GCSFailure {
    /// `task` says what was tried, as in "cannot read a/b"; `identity` whose token was used.
    static func error(
        _ answer: GCSErrorAnswer, _ task: String, bucket: String, identity: String?
    ) -> StoreError {
        let code = code(answer)
        var error = StoreError(
            code, "\(task): \(reason(answer, code, bucket, identity))", status: answer.status)
        if case .inputOutput = code { error.isRetryable = true }
        return error
    }

    private static func code(_ answer: GCSErrorAnswer) -> StoreError.Code {
        if answer.wantsPayer { return .denied }
        if answer.isWrongChecksum { return .inputOutput }
        if answer.isBusy { return .throttled }
        switch answer.status {
        case 401, 403: return .denied
        case 404, 410: return .notFound
        case 409, 412: return .conditionFailed
        case 413: return .tooLarge
        case 408, 429, 500, 502, 503, 504: return .throttled
        case 501, 505: return .unsupported
        case 507: return .noSpace
        case 400..<500: return .invalid
        default: return .inputOutput
        }
    }

    private static func reason(
        _ answer: GCSErrorAnswer, _ code: StoreError.Code, _ bucket: String, _ identity: String?
    ) -> String {
        let credentials = identity.map { "the token of \($0)" } ?? "anonymous access"
        let words = answer.words.map { ": \($0)" } ?? ""
        if answer.wantsPayer {
            return
                "whoever asks pays for bucket \(bucket.printable): a project that pays has to be named, and \(credentials)"
                + " must be allowed to use it" + words
        }
        switch answer.status {
        case 401 where identity == nil:
            return "bucket \(bucket.printable) is not for everybody, and no credentials were given"
        case 401: return "\(credentials) is not accepted" + words
        case 403 where code == .denied: return "the server refuses \(credentials)" + words
        case 404 where answer.isAboutBucket: return "there is no bucket \(bucket.printable)"
        case 404: return "there is no such object in bucket \(bucket.printable)"
        case 410: return "it is gone" + words
        case 412: return "it is not the version that was expected"
        case 308: return "the server does not say that it has everything"
        default: return "the server answers with status \(answer.status)" + words
        }
    }
}

import Platform

/// What S3's refusals mean.
enum S3Failure {
    /// What a broken condition is, which only who made it knows.
    enum Condition { case ofWrite, ofRead }

    /// `task` says what was tried, as in "cannot read a/b"; `identity` whose credentials were used.
    static func error(
        _ answer: S3ErrorAnswer, _ task: String, bucket: String, identity: String?, condition: Condition = .ofWrite
    ) -> StoreError {
        var error = StoreError(
            code(answer, condition), "\(task): \(reason(answer, bucket, identity))", requestID: answer.requestID,
            status: answer.status)
        if case .inputOutput = error.code { error.isRetryable = true }
        return error
    }

    private static func code(_ answer: S3ErrorAnswer, _ condition: Condition) -> StoreError.Code {
        switch answer.code {
        case "NoSuchKey", "NoSuchBucket", "NoSuchUpload", "NoSuchVersion", "NotFound": .notFound
        case "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "AllAccessDisabled",
            "AccountProblem", "RequestTimeTooSkewed", "InvalidPayer", "NotSignedUp":
            .denied
        case "ExpiredToken", "TokenRefreshRequired", "RequestExpired": .expiredCredentials
        case "PermanentRedirect", "TemporaryRedirect", "Redirect", "AuthorizationHeaderMalformed",
            "IncorrectEndpoint", "IllegalLocationConstraintException":
            .wrongRegion
        case "InvalidObjectState": .archived
        case "PreconditionFailed", "ConditionalRequestConflict": condition == .ofRead ? .changed : .conditionFailed
        case "SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "OperationAborted", "Throttling",
            "TooManyRequests", "RequestLimitExceeded", "BandwidthLimitExceeded":
            .throttled
        case "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "IncompleteBody": .inputOutput
        case "EntityTooLarge": .tooLarge
        case "NotImplemented": .unsupported
        case "QuotaExceeded", "XMinioStorageFull", "TooManyBuckets": .noSpace
        default: code(status: answer.status, condition)
        }
    }

    private static func code(status: Int, _ condition: Condition) -> StoreError.Code {
        switch status {
        case 401, 403: .denied
        case 404, 410: .notFound
        case 300..<400: .wrongRegion
        case 409, 412: condition == .ofRead ? .changed : .conditionFailed
        case 413: .tooLarge
        case 408, 429, 500, 502, 503, 504: .throttled
        case 501, 505: .unsupported
        case 507: .noSpace
        case 400..<500: .invalid
        default: .inputOutput
        }
    }

    private static func reason(_ answer: S3ErrorAnswer, _ bucket: String, _ identity: String?) -> String {
        let credentials = identity.map { "the credentials of \($0)" } ?? "anonymous access"
        let code = answer.code ?? ""
        switch code {
        case "NoSuchKey": return "there is no such object in bucket \(bucket.printable)"
        case "NoSuchBucket": return "there is no bucket \(bucket.printable)"
        case "NoSuchUpload": return "there is no such upload"
        case "InvalidAccessKeyId": return "\(credentials) are wrong: the server does not know the access key id"
        case "SignatureDoesNotMatch":
            return "\(credentials) are wrong: the secret key does not belong to the access key id"
        case "InvalidToken": return "\(credentials) are wrong: the session token is not valid"
        case "ExpiredToken", "TokenRefreshRequired": return "\(credentials) have expired"
        case "RequestTimeTooSkewed": return "this machine's clock is too far from the server's"
        case "InvalidObjectState": return "it is archived and has to be restored before it can be read"
        case _ where Self.code(answer, .ofWrite) == .wrongRegion: return wrongPlace(answer, bucket)
        case "": return withoutWords(answer, credentials)
        default: return "the server says \(code.printable)" + (answer.message.map { ": \($0.printable)" } ?? "")
        }
    }

    private static func wrongPlace(_ answer: S3ErrorAnswer, _ bucket: String) -> String {
        if let region = answer.region, S3Site.isLabel(region) {
            return "bucket \(bucket.printable) is in region \(region.printable)"
        }
        if let endpoint = answer.endpoint {
            return "bucket \(bucket.printable) has to be asked for at \(endpoint.printable)"
        }
        return "bucket \(bucket.printable) is in another region or at another endpoint"
    }

    /// Of HEAD's answers, and of those of a proxy.
    private static func withoutWords(_ answer: S3ErrorAnswer, _ credentials: String) -> String {
        switch answer.status {
        case 403:
            "the server refuses \(credentials) and gives no reason; without the permission to list, it says so also"
                + " of what is not there"
        case 404: "there is no such object or bucket"
        case 412: "it is not the version that was expected"
        default: "the server answers with status \(answer.status) and gives no reason"
        }
    }
}

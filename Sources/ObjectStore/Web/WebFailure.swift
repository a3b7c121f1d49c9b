import HTTP
import Platform

/// What a web server's refusals mean.
enum WebFailure {
    /// `expiry`: of a URL that carries its own signature; such servers speak S3's language when they refuse.
    static func error(
        _ response: HTTPResponse, _ task: String, expiry: Int?, now: Int
    ) -> StoreError {
        if let expiry, expiry <= now, [400, 401, 403].contains(response.status) { return expired(at: expiry, task) }
        let answer = S3ErrorAnswer(response)
        let (code, reason) = meaning(of: answer)
        var error = StoreError(code, "\(task): \(reason)", requestID: answer.requestID, status: response.status)
        if case .inputOutput = code { error.isRetryable = response.status >= 500 }
        return error
    }

    static func expired(at expiry: Int, _ task: String) -> StoreError {
        let time = Timestamp(seconds: expiry, milliseconds: 0).text.prefix(19)
        return StoreError(.expiredCredentials, "\(task): the signed link has expired at \(time)Z")
    }

    private static func meaning(of answer: S3ErrorAnswer) -> (StoreError.Code, String) {
        let status = answer.status
        switch answer.code {
        case "ExpiredToken", "RequestExpired": return (.expiredCredentials, "the signed link has expired")
        case "AccessDenied" where answer.message == "Request has expired":
            return (.expiredCredentials, "the signed link has expired")
        default: break
        }
        return switch status {
        case 401: (.denied, "the server wants to know who asks (status 401)")
        case 403: (.denied, "the server refuses (status 403)")
        case 404: (.notFound, "there is no such file (status 404)")
        case 410: (.notFound, "the file is gone for good (status 410)")
        case 408, 429, 500, 502, 503, 504: (.throttled, "the server is busy or broken (status \(status))")
        case 501, 505: (.unsupported, "the server does not know what is asked of it (status \(status))")
        case 407: (.unreachable, "the proxy wants to know who asks (status 407)")
        default: (.inputOutput, "the server answers with status \(status)")
        }
    }
}

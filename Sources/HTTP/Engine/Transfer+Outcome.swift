import CCurl
import Platform

/// What a transfer's end means.
extension Transfer {
    func outcome(_ code: CURLcode) -> Attempt {
        if let failure { return failed(failure.code, failure.message, failure.errno, failure.isRetryable) }
        if code == CURLE_OK || hasEnough { return answer() }
        // Who refuses an upload may hang up in the middle of saying so.
        if head != nil, writer == nil, request.body != nil { return answer() }
        return explained(code)
    }

    func failed(
        _ code: HTTPError.Code, _ why: String, _ errno: Int32? = nil, _ isRetryable: Bool? = nil
    ) -> Attempt {
        let message = "\(request.method.rawValue) \(request.address.shown): \(why.printable)"
        let nothingSent = (handle?.long(CURLINFO_REQUEST_SIZE) ?? 0) == 0
        return .failed(HTTPError(code, message, errno: errno, isRetryable: isRetryable), nothingSent: nothingSent)
    }

    private func answer() -> Attempt {
        guard let head else { return failed(.connectionLost, "the answer ended in its head") }
        // Nobody else says that.
        if head.status == 407, let proxy { return refused(by: proxy, head.status) }
        var response = HTTPResponse(head: head)
        guard writer != nil else {
            response.body = kept
            return Attempt(result: .success(response))
        }
        do throws(HTTPError) {
            try writer?.finish()
        } catch {
            return failed(error.code, error.message, error.errno)
        }
        response.count = writer?.count ?? 0
        guard response.count >= expected else {
            return failed(.cutShort, "only \(response.count) of \(expected) bytes came")
        }
        response.timing = timing
        response.body = writer?.bytes ?? []
        response.checksum = writer?.takeChecksum()
        return Attempt(result: .success(response), wasAccepted: true)
    }

    private var timing: HTTPTiming? {
        guard let handle else { return nil }
        let sent = handle.offset(CURLINFO_PRETRANSFER_TIME_T)
        let begun = handle.offset(CURLINFO_STARTTRANSFER_TIME_T)
        let ended = handle.offset(CURLINFO_TOTAL_TIME_T)
        return HTTPTiming(waiting: Double(begun - sent) / 1e6, receiving: Double(ended - begun) / 1e6)
    }

    private func explained(_ code: CURLcode) -> Attempt {
        let said = handle.map(\.errorText) ?? ""
        let why = said.isEmpty ? String(cString: curl_easy_strerror(code)) : said
        let errno = handle.map { Int32(truncatingIfNeeded: $0.long(CURLINFO_OS_ERRNO)) }.flatMap { $0 == 0 ? nil : $0 }
        if let proxy, let status = handle?.long(CURLINFO_HTTP_CONNECTCODE), status >= 300 {
            return refused(by: proxy, status)
        }
        switch code {
        case CURLE_COULDNT_RESOLVE_PROXY: return failed(.unknownHost, via("the name cannot be found"), nil, false)
        case CURLE_COULDNT_CONNECT, CURLE_PROXY: return failed(.cannotConnect, via(why), errno)
        // The only time limit that curl is given.
        case CURLE_OPERATION_TIMEDOUT: return failed(.cannotConnect, via(why))
        case CURLE_COULDNT_RESOLVE_HOST: return failed(.unknownHost, why)
        case CURLE_URL_MALFORMAT: return failed(.malformed, why, nil, false)
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
            return failed(.malformed, why)
        case CURLE_PARTIAL_FILE: return failed(.cutShort, why)
        case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT: return failed(.exhausted, why)
        case CURLE_SSL_CONNECT_ERROR where !isDisagreement(said): return failed(.connectionLost, why, errno)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            return failed(.untrusted, why)
        case CURLE_SSL_CACERT_BADFILE:
            guard case .authorities(let file) = request.trust else { return failed(.untrusted, why) }
            return failed(.untrusted, "cannot read the authorities in \(file)")
        case CURLE_SEND_FAIL_REWIND: return failed(.connectionLost, why, nil, request.isIdempotent)
        default: return failed(.connectionLost, why, errno)
        }
    }

    private func refused(by proxy: Proxies.Proxy, _ status: Int) -> Attempt {
        let reason = status == 407 ? "it wants another user and password (status 407)" : "status \(status)"
        return failed(
            .cannotConnect, "the proxy \(proxy.shown) refuses: \(reason)", nil, [502, 503, 504].contains(status))
    }

    /// Says whom a failure is about when it may be the proxy.
    private func via(_ why: String) -> String {
        proxy.map { "\(why), by way of the proxy \($0.shown)" } ?? why
    }

    /// Whether a handshake failed by what was said in it, and not because the connection broke.
    private func isDisagreement(_ said: String) -> Bool {
        said.contains("error:") && !said.contains("unexpected eof")
    }
}

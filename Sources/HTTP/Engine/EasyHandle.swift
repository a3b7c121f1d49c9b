import CCurl

/// A curl easy handle. It is used for one request after another: connections belong to the loop's multi handle, so a
/// handle carries nothing over but its memory, and the options that requests of the same kind share.
final class EasyHandle {
    let raw: UnsafeMutableRawPointer
    var isAdded = false
    private let text = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var kind: RequestKind?
    private var resolved: UnsafeMutablePointer<curl_slist>?
    private var failure = CURLE_OK

    init?() {
        guard let raw = curl_easy_init() else {
            text.deallocate()
            return nil
        }
        self.raw = raw
    }

    deinit {
        curl_easy_cleanup(raw)
        curl_slist_free_all(headers)
        curl_slist_free_all(resolved)
        text.deallocate()
    }

    /// Lets go of the request, which curl must not have any more.
    func release() {
        isAdded = false
        set(CURLOPT_HTTPHEADER, list: nil)
        curl_slist_free_all(headers)
        headers = nil
        if resolved != nil { set(CURLOPT_RESOLVE, list: nil) }
        curl_slist_free_all(resolved)
        resolved = nil
    }

    /// What curl says about a failure, beyond its code.
    var errorText: String { String(cString: text) }

    // MARK: Setting options. Only memory can be wanting, which is asked about once at the end.

    /// `setKind` is called where the handle has not served a request of that kind the last time.
    func beginOptions(for kind: RequestKind?, setKind: () -> Void) {
        failure = CURLE_OK
        text[0] = 0
        guard kind == nil || kind != self.kind else { return }
        curl_easy_reset(raw)
        set(CURLOPT_ERRORBUFFER, pointer: UnsafeMutableRawPointer(text))
        setKind()
        self.kind = failure == CURLE_OK ? kind : nil
    }

    func endOptions() throws(HTTPError) {
        set(CURLOPT_HTTPHEADER, list: headers)
        guard failure == CURLE_OK else {
            let why = String(cString: curl_easy_strerror(failure))
            throw HTTPError(failure == CURLE_URL_MALFORMAT ? .malformed : .exhausted, why, isRetryable: false)
        }
    }

    func set(_ option: CURLoption, _ value: Int) { note(ccurl_set_long(raw, option, value)) }
    func set(_ option: CURLoption, _ value: Bool) { note(ccurl_set_long(raw, option, value ? 1 : 0)) }
    func set(_ option: CURLoption, offset: Int) { note(ccurl_set_offset(raw, option, curl_off_t(offset))) }
    func set(_ option: CURLoption, text: String?) { note(ccurl_set_text(raw, option, text)) }
    func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer?) { note(ccurl_set_pointer(raw, option, pointer)) }
    /// Of buffers: curl refuses while it still has one from before, and then that serves.
    func suggest(_ option: CURLoption, _ size: Int) { _ = ccurl_set_long(raw, option, size) }
    func note(_ code: CURLcode) { if code != CURLE_OK && failure == CURLE_OK { failure = code } }

    func addHeader(_ line: UnsafePointer<CChar>) {
        guard let longer = curl_slist_append(headers, line) else { return note(CURLE_OUT_OF_MEMORY) }
        headers = longer
    }

    /// `HOST:PORT:ADDRESS,ADDRESS…`, which goes into curl's cache as if it had been looked up, and stays there.
    func setResolved(_ entry: String) {
        guard let list = curl_slist_append(nil, entry) else { return note(CURLE_OUT_OF_MEMORY) }
        resolved = list
        set(CURLOPT_RESOLVE, list: list)
    }

    private func set(_ option: CURLoption, list: UnsafeMutablePointer<curl_slist>?) {
        note(ccurl_set_list(raw, option, list))
    }

    // MARK: Asking

    func long(_ info: CURLINFO) -> Int {
        var value = 0
        _ = ccurl_get_long(raw, info, &value)
        return value
    }

    /// OpenSSL's, while curl is in a callback.
    var tlsSession: OpaquePointer? { ccurl_openssl_session(raw).map { OpaquePointer($0) } }

    func offset(_ info: CURLINFO) -> Int {
        var value: curl_off_t = 0
        _ = ccurl_get_offset(raw, info, &value)
        return Int(value)
    }
}

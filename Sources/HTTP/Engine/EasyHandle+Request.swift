import CCurl
import Platform

/// A request in curl's words.
extension EasyHandle {
    func prepare(for transfer: Transfer, _ settings: HTTPSettings) throws(HTTPError) {
        let request = transfer.request
        beginOptions(for: RequestKind(of: transfer)) {
            setKind(of: transfer, settings)
        }
        transfer.setCallbackData(on: self)
        let url = request.address.text
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw HTTPAddress.refusal("a URL with a space or a control character in it")
        }
        set(CURLOPT_URL, text: url)
        setHeaders(request)
        setAddresses(transfer, settings)
        try endOptions()
    }

    /// What requests of a kind have in common. To set it takes longer than all else together.
    private func setKind(of transfer: Transfer, _ settings: HTTPSettings) {
        let request = transfer.request
        set(CURLOPT_NOSIGNAL, true)
        // HTTP/1.1, because of many streams over one connection none is faster than the one connection, and what stalls
        // it stalls them all. Object stores speak nothing newer to most clients.
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        set(CURLOPT_PROTOCOLS_STR, text: "http,https")
        set(CURLOPT_USERAGENT, text: settings.userAgent)
        set(CURLOPT_PATH_AS_IS, true)
        set(CURLOPT_FOLLOWLOCATION, false)
        setConnection(request, settings)
        setProxy(transfer.proxy)
        if transfer.looksUpAnew { set(CURLOPT_DNS_CACHE_TIMEOUT, 0) }
        setTrust(request)
        setMethod(request)
        Transfer.installCallbacks(on: self)
        Transfer.installConnectingCallbacks(on: self)
    }

    private func setConnection(_ request: HTTPRequest, _ settings: HTTPSettings) {
        set(CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeoutMilliseconds)
        set(CURLOPT_TCP_NODELAY, true)
        // An idle connection serves again for as long as the service keeps it; that it is alive is asked in time.
        set(CURLOPT_MAXAGE_CONN, 600)
        set(CURLOPT_TCP_KEEPALIVE, true)
        set(CURLOPT_TCP_KEEPIDLE, 30)
        set(CURLOPT_TCP_KEEPINTVL, 15)
        set(CURLOPT_DNS_SHUFFLE_ADDRESSES, true)
        // A lookup that is given up ends by itself: waited for, it would hold the loop for as long as name servers are silent.
        set(CURLOPT_QUICK_EXIT, true)
        suggest(CURLOPT_BUFFERSIZE, request.receiveBuffer)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true)
        // Signatures and tokens are not for a proxy to see.
        set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        // On a kept connection that turns out to be dead curl sends a request again by itself. It may when that does no
        // harm, or when the body went out before: then it asks to rewind, which is denied. What has no body must not
        // come into that situation.
        if !request.isIdempotent && (request.body?.count ?? 0) == 0 { set(CURLOPT_FRESH_CONNECT, true) }
    }

    /// curl reads the environment by itself only where it is told nothing.
    private func setProxy(_ proxy: Proxies.Proxy?) {
        set(CURLOPT_PROXY, text: proxy?.text ?? "")
        set(CURLOPT_NOPROXY, text: "")
    }

    private func setAddresses(_ transfer: Transfer, _ settings: HTTPSettings) {
        guard transfer.looksUpAnew || transfer.leadsTheWay else { return }
        let address = transfer.request.address
        guard let addresses = settings.addresses?(address.host) else { return }
        let port = address.port ?? (address.isSecure ? 443 : 80)
        setResolved("\(address.host):\(port):\(addresses.joined(separator: ","))")
    }

    private func setMethod(_ request: HTTPRequest) {
        let count = request.body?.count ?? 0
        switch request.method {
        case .get where request.body == nil: set(CURLOPT_HTTPGET, true)
        case .head: set(CURLOPT_NOBODY, true)
        case .delete where request.body == nil:
            set(CURLOPT_CUSTOMREQUEST, text: request.method.rawValue)
        case .get, .delete, .put, .post:
            // An upload under another name: a POST of curl's own would claim to be a form.
            set(CURLOPT_UPLOAD, true)
            set(CURLOPT_CUSTOMREQUEST, text: request.method.rawValue)
            set(CURLOPT_INFILESIZE_LARGE, offset: count)
            // Large writes are a quarter cheaper, but the buffer costs memory.
            suggest(CURLOPT_UPLOAD_BUFFERSIZE, count > HTTPRequest.largeBody ? 1 << 20 : 64 << 10)
        }
    }

    private func setHeaders(_ request: HTTPRequest) {
        var accepts = false
        var expects = false
        request.headers.forEach { line in
            // The length is that of the body, whatever somebody says.
            guard !line.isNamed("Content-Length"), !line.isNamed("Transfer-Encoding") else { return }
            guard line.isSendable else { return note(CURLE_URL_MALFORMAT) }
            if line.isNamed("Accept") { accepts = true }
            if line.isNamed("Expect") { expects = true }
            if line.value.isEmpty {
                addHeader(String(decoding: line.name, as: UTF8.self) + ";")
            } else {
                addHeader(line.text)
            }
        }
        // What curl would add by itself; a name without a value takes it away.
        if !accepts { addHeader("Accept:") }
        // Before a body of more than 1 MiB curl asks with `Expect: 100-continue`, so that a refusal or a redirect comes
        // before the body, and takes that back where a server answers 417. Smaller ones are better sent at once.
        if !expects, let body = request.body, body.count <= HTTPRequest.largeBody {
            addHeader("Expect:")
        }
    }
}

extension HTTPRequest {
    static let largeBody = 1 << 20

    /// Large reads halve the cost of large bodies. But curl makes the buffer anew for each request, and from about 64 KiB on giving
    /// it back has the allocator tidy up: what is known to be small gets less.
    var receiveBuffer: Int {
        let expected =
            switch sink {
            case .file(_, _, let expected): expected ?? .max
            case .memory(let memory, _): memory.count
            case .bytes: 32 << 10
            }
        return expected <= 28 << 10 ? 32 << 10 : expected <= 64 << 10 ? 64 << 10 : 256 << 10
    }
}

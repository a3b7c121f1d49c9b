import CCurl

/// Whom a connection trusts. Each kind differs in an option that curl compares before it uses a connection again, so that
/// none is ever shared between two kinds.
extension EasyHandle {
    func setTrust(_ request: HTTPRequest) {
        guard request.address.isSecure else { return }
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        // Without a folder of authorities curl keeps a parsed file for the next connection.
        set(CURLOPT_CAPATH, text: nil)
        switch request.trust {
        case .system where SystemAuthorities.areUsable:
            set(CURLOPT_CAINFO, text: nil)
            note(
                ccurl_on_tls_context(raw) { _, context, _ in
                    SystemAuthorities.shared.install(into: context!)
                    return CURLE_OK
                })
        case .system: break
        case .authorities(let file): set(CURLOPT_CAINFO, text: file)
        case .anybody:
            set(CURLOPT_SSL_VERIFYPEER, false)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
    }
}

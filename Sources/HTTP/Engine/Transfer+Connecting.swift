import CCurl
import CShims
import Glibc

/// What curl calls before a request goes out.
extension Transfer {
    func installConnectingCallbacks(on handle: EasyHandle) {
        guard leadsTheWay || request.avoidsLinkLocal else { return }
        let this = Unmanaged.passUnretained(self).toOpaque()
        handle.set(CURLOPT_OPENSOCKETDATA, pointer: this)
        handle.note(
            ccurl_on_open_socket(handle.raw) { this, _, address in
                Unmanaged<Transfer>.fromOpaque(this!).takeUnretainedValue().open(address!)
            })
        handle.set(CURLOPT_PREREQDATA, pointer: this)
        handle.note(
            ccurl_on_connected(handle.raw) { this, _, _, _, _ in
                Unmanaged<Transfer>.fromOpaque(this!).takeUnretainedValue().noteReached()
                return CURL_PREREQFUNC_OK
            })
    }

    private func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        noteReached()
        if request.avoidsLinkLocal, withUnsafePointer(to: &address.pointee.addr, shim_is_link_local) {
            failure = HTTPError(.refused, "its name leads to a link-local address")
            return CURL_SOCKET_BAD
        }
        let flags = Int32(SOCK_CLOEXEC.rawValue)
        return Glibc.socket(address.pointee.family, address.pointee.socktype | flags, address.pointee.protocol)
    }
}

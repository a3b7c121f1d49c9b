import CCurl
import CShims
import Glibc

/// What curl calls while it connects and when it lets go of a connection.
extension Transfer {
    static func installConnectingCallbacks(on handle: EasyHandle) {
        handle.note(
            ccurl_on_open_socket(handle.raw) { this, _, address in Transfer.of(this).open(address!) })
        handle.note(
            ccurl_on_connected(handle.raw) { this, _, _, _, _ in
                let transfer = Transfer.of(this)
                transfer.noteReached()
                transfer.sendings += 1
                transfer.worker.sockets.noteConnected(transfer.socket)
                return CURL_PREREQFUNC_OK
            })
        handle.note(
            ccurl_on_close_socket(handle.raw) { worker, socket in
                Unmanaged<LoopWorker>.fromOpaque(worker!).takeUnretainedValue().sockets.forget(socket)
                return Glibc.close(socket)
            })
    }

    private func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        noteReached()
        if request.avoidsLinkLocal, withUnsafePointer(to: &address.pointee.addr, shim_is_link_local) {
            failure = HTTPError(.refused, "its name leads to a link-local address")
            return CURL_SOCKET_BAD
        }
        let flags = Int32(SOCK_CLOEXEC.rawValue)
        let socket = Glibc.socket(address.pointee.family, address.pointee.socktype | flags, address.pointee.protocol)
        if socket >= 0 { worker.sockets.noteOpened(socket, worker.loop.poll) }
        return socket
    }
}

import COpenSSL
import Glibc

/// A certificate and its key with which a scripted server speaks TLS. Unchecked, since OpenSSL's contexts are made to be
/// shared.
public final class TLSIdentity: @unchecked Sendable {
    private let context: OpaquePointer

    public init(certificate: String, key: String, onlyVersion: Int32? = nil) throws {
        // Writing to a client that has gone raises a signal otherwise.
        signal(SIGPIPE, SIG_IGN)
        guard let context = SSL_CTX_new(TLS_server_method()),
            SSL_CTX_use_certificate_chain_file(context, certificate) == 1,
            SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1
        else { throw ProgramFailure(what: "certificate \(certificate)", code: 0) }
        if let onlyVersion {
            SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(onlyVersion), nil)
            SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(onlyVersion), nil)
        }
        self.context = context
    }

    deinit {
        SSL_CTX_free(context)
    }

    /// Nothing when the client does not trust us.
    func accept(_ socket: Int32) -> TLSSession? {
        guard let session = SSL_new(context) else { return nil }
        SSL_set_fd(session, socket)
        guard SSL_accept(session) == 1 else {
            SSL_free(session)
            return nil
        }
        return TLSSession(session)
    }
}

final class TLSSession {
    private let session: OpaquePointer

    init(_ session: OpaquePointer) {
        self.session = session
    }

    deinit {
        SSL_free(session)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        Int(max(0, SSL_read(session, buffer.baseAddress, Int32(buffer.count))))
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        Int(SSL_write(session, bytes.baseAddress, Int32(min(bytes.count, 1 << 24))))
    }

    func sayGoodbye() { SSL_shutdown(session) }
}

import Checksums
import Synchronization

/// The key of a storage account of Azure, which may do everything there. Nothing that prints it shows it.
public final class SharedKey: Sendable {
    public let account: String
    private let bytes: [UInt8]
    /// One thread at a time has it: a third of a microsecond, of requests that take a thread at least fifteen.
    private let key: Mutex<HMAC>

    /// `text` is the key in Base64, as the portal shows it; nothing when it is none.
    public init?(account: String, base64 text: String) {
        guard let bytes = Base64.bytes(of: text), !bytes.isEmpty else { return nil }
        self.account = account
        self.bytes = bytes
        key = Mutex(HMAC(key: bytes))
    }

    /// The header `Authorization` of a request. Path and query are those that are sent; the headers have to be all that are
    /// sent, with `Content-Length`, and `x-ms-date` among them.
    public func authorization(
        method: String, path: String, query: [QueryItem], headers: [(name: String, value: String)]
    ) -> String {
        let text = SharedKeyText(method: method, path: path, query: query, headers: headers, account: account)
        return "SharedKey \(account):\(signature(of: text.bytes))"
    }

    func signature(of text: [UInt8]) -> String {
        Base64.text(of: key.withLock { $0.code(of: text) })
    }
}

extension SharedKey: Equatable {
    public static func == (left: SharedKey, right: SharedKey) -> Bool {
        left === right || left.account == right.account && left.bytes == right.bytes
    }
}

extension SharedKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "SharedKey(\(account))" }
    public var debugDescription: String { description }
    /// What `dump` and failed tests print.
    public var customMirror: Mirror { Mirror(self, children: ["account": account]) }
}

public import HTTP
import Signing

/// One container of blobs and how its addresses are made.
public struct AzureSite: Sendable, Hashable {
    public var account: String
    public var container: String
    /// Where the account's blobs are; a path stands before the container, as emulators have the account there.
    public var service: HTTPAddress

    /// `service`: nothing stands for Azure's own host of the account.
    public init(account: String, container: String, service: HTTPAddress? = nil) {
        self.account = account
        self.container = container
        self.service = service ?? HTTPAddress(isSecure: true, host: "\(account).blob.core.windows.net")
    }

    /// Nothing stands for the container itself. The key goes into the path as it is: `a//b` is a name like others.
    func address(_ key: ObjectKey?, _ query: [(name: String, value: String?)] = []) -> HTTPAddress {
        var address = service
        if address.path.hasSuffix("/") { address.path.removeLast() }
        address.path += "/" + PercentEncoding.path(container)
        if let key { address.path += "/" + PercentEncoding.path(key.bytes) }
        address.query = query.compactMap { name, value in value.map { QueryItem(name, $0) } }.encoded
        return address
    }

    /// The bytes of the key that such an address is of; nothing for an address elsewhere.
    func key(at address: String) -> [UInt8]? {
        let container = self.address(nil).text + "/"
        return address.hasPrefix(container) ? PercentEncoding.decoded(String(address.dropFirst(container.count))) : nil
    }
}

public import HTTP
import Signing

/// One container of blobs and how its addresses are made.
public struct AzureSite: Sendable, Hashable {
    public var account: String
    public var container: String
    /// Where the account's blobs are; a path stands before the container, as emulators have the account there.
    public var service: HTTPAddress
    /// Where the same container is a tree of files and folders, which can be moved there: the account's other host. Nothing
    /// where none is known.
    public var tree: HTTPAddress?

    /// `service`: nothing stands for Azure's own hosts of the account.
    public init(account: String, container: String, service: HTTPAddress? = nil, tree: HTTPAddress? = nil) {
        self.account = account
        self.container = container
        let own = HTTPAddress(isSecure: true, host: "\(account).blob.core.windows.net")
        self.service = service ?? own
        self.tree = service == nil ? Self.tree(beside: own) : tree
    }

    /// What Azure calls the host for trees beside one for blobs: `blob` among its labels becomes `dfs`. Only a name of Azure's
    /// making says so, not that of somebody's own domain.
    public static func tree(beside service: HTTPAddress) -> HTTPAddress? {
        guard ["", "/"].contains(service.path) else { return nil }
        var labels = service.host.split(separator: ".", omittingEmptySubsequences: false)
        guard let place = labels.dropFirst().firstIndex(where: { $0.lowercased() == "blob" }) else { return nil }
        labels[place] = "dfs"
        var address = service
        address.host = labels.joined(separator: ".")
        return address
    }

    /// Nothing stands for the container itself. The key goes into the path as it is: `a//b` is a name like others.
    func address(_ key: ObjectKey?, _ query: [(name: String, value: String?)] = []) -> HTTPAddress {
        address(key, query, at: service)
    }

    /// The same in the tree.
    func place(_ key: ObjectKey?, _ query: [(name: String, value: String?)] = []) -> HTTPAddress? {
        tree.map { address(key, query, at: $0) }
    }

    /// The path of something that is to be moved, as a header has it.
    func renameSource(_ key: ObjectKey) -> String {
        "/" + PercentEncoding.path(container) + "/" + PercentEncoding.path(key.bytes)
    }

    private func address(
        _ key: ObjectKey?, _ query: [(name: String, value: String?)], at service: HTTPAddress
    ) -> HTTPAddress {
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

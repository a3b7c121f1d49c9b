import HTTP
import Platform
import Signing

/// The fields of a connection string: `NAME=VALUE;…`, names in any case, values with whatever is no semicolon.
struct AzureConnectionFields {
    private static let names = [
        "DefaultEndpointsProtocol", "AccountName", "AccountKey", "SharedAccessSignature", "BlobEndpoint",
        "EndpointSuffix", "UseDevelopmentStorage",
    ]
    private static let usualSuffix = "core.windows.net"

    private let values: [String: String]
    private let place: String

    init(_ text: String, _ place: String) throws(StoreError) {
        self.place = place
        var values: [String: String] = [:]
        for (index, item) in text.split(separator: ";", omittingEmptySubsequences: false).enumerated() {
            let item = item.trimmingSpace
            if item.isEmpty { continue }
            guard let sign = item.firstIndex(of: "="), sign != item.startIndex else {
                throw StoreError(.noCredentials, "\(place): field \(index + 1) is no NAME=VALUE")
            }
            let name = item[..<sign].trimmingSpace.lowercased()
            // Those of queues, tables and files are none of ours.
            guard let known = Self.names.first(where: { $0.lowercased() == name }) else { continue }
            guard values.updateValue(String(item[item.index(after: sign)...].trimmingSpace), forKey: known) == nil
            else {
                throw StoreError(.noCredentials, "\(place): \(known) stands there twice")
            }
        }
        guard !values.isEmpty else {
            throw StoreError(
                .noCredentials,
                "\(place): this is no connection string: it has none of \(Self.names.joined(separator: ", "))")
        }
        self.values = values
    }

    private subscript(name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    func isDevelopment() throws(StoreError) -> Bool {
        switch self["UseDevelopmentStorage"]?.lowercased() {
        case nil, "false": return false
        case "true": return true
        default: throw wrong("UseDevelopmentStorage", "is neither true nor false")
        }
    }

    func account() throws(StoreError) -> String? {
        guard let account = self["AccountName"] else { return nil }
        guard AzureAccountName.isOne(account) else {
            throw wrong("AccountName", "is no name of an account: those have 3 to 24 small letters and digits")
        }
        return account
    }

    func endpoint() throws(StoreError) -> HTTPAddress? {
        if let text = self["BlobEndpoint"] {
            do throws(HTTPError) {
                var address = try HTTPAddress(parsing: text)
                if address.path.hasSuffix("/") { address.path.removeLast() }
                guard address.query.isEmpty else {
                    throw HTTPError(.malformed, "a query behind the address, where a SAS stands in the wrong field")
                }
                return address
            } catch {
                throw wrong("BlobEndpoint", "is no address: \(error.message)")
            }
        }
        guard let account = try account() else { return nil }
        let scheme = self["DefaultEndpointsProtocol"]?.lowercased() ?? "https"
        guard scheme == "https" || scheme == "http" else {
            throw wrong("DefaultEndpointsProtocol", "is neither https nor http")
        }
        let suffix = self["EndpointSuffix"] ?? Self.usualSuffix
        do throws(HTTPError) {
            let address = try HTTPAddress(parsing: "\(scheme)://\(account).blob.\(suffix)")
            guard address.path == "/", address.query.isEmpty else { throw HTTPError(.malformed, "") }
            var bare = address
            bare.path = ""
            return bare
        } catch {
            throw wrong("EndpointSuffix", "is no end of a host's name")
        }
    }

    func credential(of account: String?) throws(StoreError) -> AzureCredential? {
        let owner = "\(place): "
        if let key = self["AccountKey"] {
            guard let account else { throw wrong("AccountKey", "stands there without AccountName") }
            return try AzureCredential(key: key, of: account, from: owner + "AccountKey")
        }
        return try self["SharedAccessSignature"].map { text throws(StoreError) in
            try AzureCredential(sas: text, from: owner + "SharedAccessSignature")
        }
    }

    private func wrong(_ field: String, _ what: String) -> StoreError {
        StoreError(.noCredentials, "\(place): \(field) \(what)")
    }
}

extension Substring {
    fileprivate var trimmingSpace: Substring {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return start }
        return start[...last]
    }
}

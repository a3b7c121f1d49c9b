import Platform

/// Signatures that the owner of an account's key makes, in the form of versions from 2020-12-06 on.
extension SharedAccessSignature {
    /// What every signature says: what may be done, until when, and whether only over TLS.
    public struct Terms: Sendable {
        public var permissions: String
        public var expiry: Int
        public var isSecureOnly: Bool
        public var version: String

        public init(permissions: String, expiry: Int, isSecureOnly: Bool, version: String) {
            self.permissions = permissions
            self.expiry = expiry
            self.isSecureOnly = isSecureOnly
            self.version = version
        }

        fileprivate var expiryText: String {
            String(Timestamp(seconds: expiry, milliseconds: 0).text.prefix(19)) + "Z"
        }
        fileprivate var protocols: String { isSecureOnly ? "https" : "" }
    }

    /// For one blob of a container, named as it is and not encoded.
    public static func ofBlob(
        _ name: [UInt8], in container: String, _ terms: Terms, signedBy key: SharedKey
    ) -> SharedAccessSignature {
        var text = Array("\(terms.permissions)\n\n\(terms.expiryText)\n/blob/\(key.account)/\(container)/".utf8)
        text += name
        // Policy and addresses before it; snapshot, encryption scope and five headers of answers behind it.
        text += "\n\n\n\(terms.protocols)\n\(terms.version)\nb\n\n\n\n\n\n\n".utf8
        return signed([("sr", "b")], terms, key.signature(of: text))
    }

    /// For all of an account's blobs: `resources` are `s` (the service), `c` (containers) and `o` (blobs).
    public static func ofAccount(
        resources: String, _ terms: Terms, signedBy key: SharedKey
    ) -> SharedAccessSignature {
        let text = """
            \(key.account)\n\(terms.permissions)\nb\n\(resources)\n\n\(terms.expiryText)\n\n\(terms.protocols)
            \(terms.version)\n\n
            """
        return signed([("ss", "b"), ("srt", resources)], terms, key.signature(of: Array(text.utf8)))
    }

    private static func signed(
        _ kind: [(name: String, value: String)], _ terms: Terms, _ signature: String
    ) -> SharedAccessSignature {
        var fields = [("sv", terms.version), ("sp", terms.permissions), ("se", terms.expiryText)] + kind
        if terms.isSecureOnly { fields.append(("spr", terms.protocols)) }
        let items = (fields + [("sig", signature)]).map { QueryItem($0.0, $0.1) }
        guard let made = SharedAccessSignature(items.encoded) else {
            preconditionFailure("a signature that cannot be read back")
        }
        return made
    }
}

import Checksums
public import JSON

/// Claims and a signature over them (RFC 7519), signed with RS256.
public enum JSONWebToken {
    /// `keyID` tells whoever verifies it which of the signer's keys it was; `thumbprint` of which certificate, by its SHA-1.
    public static func signed(
        _ claims: JSONValue, by key: RSAKey, keyID: String? = nil, thumbprint: [UInt8]? = nil
    ) throws(SigningError) -> String {
        var members: [JSONValue.Member] = [.init("alg", "RS256"), .init("typ", "JWT")]
        if let keyID { members.append(.init("kid", .string(keyID))) }
        if let thumbprint { members.append(.init("x5t", .string(Base64.text(of: thumbprint, .url)))) }
        let text = encoded(.object(members)) + "." + encoded(claims)
        return text + "." + Base64.text(of: try key.signature(of: Array(text.utf8)), .url)
    }

    private static func encoded(_ value: JSONValue) -> String { Base64.text(of: Array(value.compact.utf8), .url) }
}

import Checksums
public import JSON

/// Claims and a signature over them (RFC 7519), signed with RS256.
public enum JSONWebToken {
    /// `keyID` tells whoever verifies it which of the signer's keys it was.
    public static func signed(
        _ claims: JSONValue, by key: RSAKey, keyID: String? = nil
    ) throws(SigningError) -> String {
        var members: [JSONValue.Member] = [.init("alg", "RS256"), .init("typ", "JWT")]
        if let keyID { members.append(.init("kid", .string(keyID))) }
        let text = encoded(.object(members)) + "." + encoded(claims)
        return text + "." + Base64.text(of: try key.signature(of: Array(text.utf8)), .url)
    }

    private static func encoded(_ value: JSONValue) -> String { Base64.text(of: Array(value.compact.utf8), .url) }
}

import Signing

/// What people write down of credentials. What is thrown names the place, never the content.
extension AzureCredential {
    init(key text: String, of account: String, from place: String) throws(StoreError) {
        guard let key = SharedKey(account: account, base64: text) else {
            throw StoreError(.noCredentials, "\(place): this is no key of an account, which is text in Base64")
        }
        self = .key(key)
    }

    init(sas text: String, from place: String) throws(StoreError) {
        guard !text.contains("://") else {
            throw StoreError(
                .noCredentials, "\(place): this is a whole URL; the SAS is what stands behind its question mark")
        }
        guard let link = SharedAccessSignature(text) else {
            throw StoreError(
                .noCredentials,
                "\(place): this is no SAS: it has no signature (sig=), times that cannot be read, or characters that no "
                    + "query has")
        }
        self = .link(link)
    }
}

enum AzureAccountName {
    static func isOne(_ text: String) -> Bool {
        (3...24).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
    }
}

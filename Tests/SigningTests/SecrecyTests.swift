import Signing
import Testing

struct SecrecyTests {
    private struct Holder {
        let name = "holder"
        let credentials: AWSCredentials
    }

    @Test func nothingThatPrintsCredentialsShowsTheirSecrets() {
        let credentials = AWSCredentials(accessKeyID: "AKIA1", secretAccessKey: "geheim", sessionToken: "marke")
        let holder = Holder(credentials: credentials)
        let keys = SigningKeys()
        let signer = SigV4(region: "r", keys: keys)
        _ = signer.headers(for: SignableRequest(host: "h", path: "/"), credentials: credentials, at: 0)
        var texts = ["\(credentials)", String(reflecting: credentials), "\(holder)", "\([credentials])", "\(signer)"]
        texts += ["\(Optional(credentials) as Any)", "\(keys)", String(reflecting: signer)]
        for value in [credentials, holder, [credentials], keys, signer] as [Any] {
            var dumped = ""
            dump(value, to: &dumped)
            texts.append(dumped)
        }
        for text in texts {
            #expect(!text.contains("geheim") && !text.contains("marke"), "\(text)")
        }
        #expect(texts[0] == "AWSCredentials(AKIA1, with a session token)")
    }

    @Test func anEmptySessionTokenIsNone() {
        #expect(AWSCredentials(accessKeyID: "a", secretAccessKey: "b", sessionToken: "").sessionToken == nil)
    }
}

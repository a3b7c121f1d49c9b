import Testing

@testable import Signing

struct PresignedURLTests {
    @Test(arguments: [
        (
            "https://h/k?X-Amz-Date=20130524T000000Z&X-Amz-Expires=60&X-Amz-Signature=a", PresignedURL.Version.v4,
            1_369_353_660
        ),
        ("https://h/k?x-amz-signature=a&x-amz-expires=60&x-amz-date=20130524T000000Z", .v4, 1_369_353_660),
        ("https://h/k?a=b&X%2DAmz-Signature=a&X-Amz-Expires=%36%30&X-Amz-Date=20130524T000000Z#x", .v4, 1_369_353_660),
        ("https://h/k?X-Goog-Date=20130524T000000Z&X-Goog-Expires=60&X-Goog-Signature=a", .v4, 1_369_353_660),
        ("https://h/k?AWSAccessKeyId=A&Signature=a%2Bb&Expires=1369353660", .v2, 1_369_353_660),
    ])
    func whatTheySay(_ url: String, _ version: PresignedURL.Version, _ expiry: Int) {
        #expect(PresignedURL(url) == PresignedURL(version: version, expiry: expiry))
    }

    @Test(arguments: [
        "X-Amz-Signature=a", "X-Amz-Signature=a&X-Amz-Expires=60", "X-Amz-Signature=a&X-Amz-Date=20130524T000000Z",
        "X-Amz-Signature=a&X-Amz-Expires=-1&X-Amz-Date=20130524T000000Z",
        "X-Amz-Signature=a&X-Amz-Expires=&X-Amz-Date=20130524T000000Z",
        "X-Amz-Signature=a&X-Amz-Expires=9223372036854775807&X-Amz-Date=20130524T000000Z",
        "X-Amz-Signature=a&X-Amz-Expires=99999999999999999999&X-Amz-Date=20130524T000000Z",
        "X-Amz-Signature=a&X-Amz-Expires=60&X-Amz-Date=20131324T000000Z",
        "X-Amz-Signature=a&X-Amz-Expires=60&X-Amz-Date=20130524T000060Z",
        "X-Amz-Signature=a&X-Amz-Expires=60&X-Amz-Date=2013-05-24T0000Z",
    ])
    func illegibleExpiry(_ query: String) {
        #expect(PresignedURL("https://h/k?\(query)") == PresignedURL(version: .v4, expiry: nil))
        #expect(PresignedURL("https://h/k?Signature=a&Expires=soon") == PresignedURL(version: .v2, expiry: nil))
    }

    @Test(arguments: [
        "", "https://h/k", "https://h/k?", "https://h/k?a=b", "https://h/X-Amz-Signature=a", "https://h/k?Signature=a",
        "https://h/k?Expires=1", "https://h/k?a=X-Amz-Signature=a", "https://h/k#?X-Amz-Signature=a", "?&&=&%",
    ])
    func others(_ url: String) {
        #expect(PresignedURL(url) == nil)
    }
}

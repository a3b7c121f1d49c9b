import HTTP
import TestSupport
import Testing

/// Which requests go through which proxy.
@Suite struct ProxiesTests {
    private func proxy(_ url: String, _ variables: [String: String]) throws -> String? {
        Proxies { variables[$0] }.proxy(for: try HTTPAddress(parsing: url))?.shown
    }

    @Test(arguments: [
        ("http://a.example", "http_proxy", "http://p:1 of http_proxy"),
        ("http://a.example", "HTTP_PROXY", "http://p:1 of HTTP_PROXY"),
        ("http://a.example", "https_proxy", nil), ("https://a.example", "http_proxy", nil),
        ("https://a.example", "HTTPS_PROXY", "http://p:1 of HTTPS_PROXY"),
        ("https://a.example", "all_proxy", "http://p:1 of all_proxy"),
        ("http://a.example", "ALL_PROXY", "http://p:1 of ALL_PROXY"),
    ])
    func variables(url: String, name: String, shown: String?) throws {
        #expect(try proxy(url, [name: "http://user:hush@p:1"]) == shown)
        #expect(try proxy(url, [name: ""]) == nil)
        // Where metadata services are there is no proxy.
        for host in ["169.254.169.254", "169.254.170.2", "[fd00:ec2::254]", "metadata.google.internal"] {
            #expect(try proxy("http://\(host)/", [name: "http://p:1"]) == nil)
        }
    }

    @Test func smallLettersFirst() throws {
        let both = ["http_proxy": "small:1", "HTTP_PROXY": "large:1", "all_proxy": "all:1"]
        #expect(try proxy("http://a", both) == "small:1 of http_proxy")
        // A header of a web request must not become one.
        #expect(try proxy("http://a", ["HTTP_PROXY": "large:1", "REQUEST_METHOD": "GET"]) == nil)
    }

    @Test(arguments: [
        ("*", true), ("a.example", true), (".example", true), ("EXAMPLE", true), ("*.example", true),
        ("b.example", false),
        ("ample", false), ("x, a.example", true), ("x a.example.", true), ("a.example:80", true),
        ("a.example:81", false),
        ("", false), (",", false), ("10.0.0.0/8", false),
    ])
    func exceptions(text: String, isExcepted: Bool) throws {
        for name in ["no_proxy", "NO_PROXY"] {
            let found = try proxy("http://a.example/x", ["http_proxy": "p:1", name: text])
            #expect((found == nil) == isExcepted, "\(name)")
        }
    }

    @Test(arguments: [
        ("10.0.0.0/8", true), ("10.1.2.0/24", true), ("10.1.3.0/24", false), ("0.0.0.0/0", true), ("10.1.2.3", true),
        ("10.1.2.3/32", true), ("10.1.2.4/32", false), ("10.1.2.3/33", false),
    ])
    func addresses(text: String, isExcepted: Bool) throws {
        #expect((try proxy("http://10.1.2.3/", ["http_proxy": "p:1", "no_proxy": text]) == nil) == isExcepted)
    }
}

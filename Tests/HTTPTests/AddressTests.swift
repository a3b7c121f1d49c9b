import HTTP
import Testing

struct AddressTests {
    @Test func everyPart() throws {
        let address = try HTTPAddress(parsing: "HTTPS://h.example:8443/a%2Fb//c/../d?x=%41&&=?#part?")
        #expect(address.isSecure)
        #expect(address.host == "h.example")
        #expect(address.port == 8443)
        #expect(address.path == "/a%2Fb//c/../d")
        #expect(address.query == "x=%41&&=?")
        #expect(address.text == "https://h.example:8443/a%2Fb//c/../d?x=%41&&=?")
    }

    @Test(
        arguments: [
            ("http://h", "http://h/"), ("http://h:80/", "http://h/"), ("https://h:443", "https://h/"),
            ("https://h:80/x", "https://h:80/x"), ("http://h?q", "http://h/?q"), ("http://h#f", "http://h/"),
            ("http://127.0.0.1:9000/b", "http://127.0.0.1:9000/b"), ("http://[::1]:9000/b", "http://[::1]:9000/b"),
            ("http://[fd00:ec2::254]/", "http://[fd00:ec2::254]/"), ("http://a_b.c-d./", "http://a_b.c-d./"),
            ("http://h/ü", "http://h/ü"), ("http://1password.example/", "http://1password.example/"),
        ])
    func accepted(_ text: String, _ canonical: String) throws {
        #expect(try HTTPAddress(parsing: text).text == canonical)
    }

    @Test(
        arguments: [
            "", "h", "/x", "ftp://h/", "http:/h", "http://", "http:///x", "http://u@h/", "http://u:p@h/",
            "http://h /", "http://h/a b", "http://h/\r\nX: y", "http://h/\u{0}", "http://h/\u{7F}", "http://h:/",
            "http://h:0/", "http://h:65536/", "http://h:x/", "http://[::1/", "http://[::1]x/", "http://[h]/",
            "http://[fe80::1%25eth0]/", "http://hü/", "http://h%41/", "http://h\\x/", "http://0x7f.0.0.1/",
            "http://2130706433/", "http://127.1/", "http://0177.0.0.1/", "http://256.0.0.1/", "http://1.2.3.4.5/",
            "http://0xA9FEA9FE/", "http://169.254.169.254./",
        ])
    func refused(_ text: String) throws {
        let error = #expect(throws: HTTPError.self) { try HTTPAddress(parsing: text) }
        #expect(error?.isRetryable == false)
    }

    @Test func refusalsShowNoPasswords() {
        let error = #expect(throws: HTTPError.self) { try HTTPAddress(parsing: "http://user:hunter2@h/") }
        #expect(error?.message.contains("hunter2") == false)
    }

    @Test(
        arguments: [
            ("http://other/x?y", "http://other/x?y"), ("//other:81/x", "https://other:81/x"), ("/x", "https://h:8/x"),
            ("x", "https://h:8/a/b/x"), ("../x?z", "https://h:8/a/x?z"), ("./", "https://h:8/a/b/"),
            ("../../../../x", "https://h:8/x"), ("?z", "https://h:8/a/b/c?z"), ("", "https://h:8/a/b/c?q"),
            ("#f", "https://h:8/a/b/c?q"), ("..", "https://h:8/a/"), ("/a//b/../c", "https://h:8/a//c"),
            ("http://other/a/../b", "http://other/a/../b"), ("x:y/z", nil), ("javascript:x", nil), ("/a b", nil),
            ("//user@other/", nil), ("/x?u=a:b", "https://h:8/x?u=a:b"), ("./a:b", "https://h:8/a/b/a:b"),
        ])
    func resolves(_ location: String, _ wanted: String?) throws {
        let base = try HTTPAddress(parsing: "https://h:8/a/b/c?q")
        #expect((try? base.resolving(location))?.text == wanted)
    }

    @Test(
        arguments: [
            ("169.254.169.254", true), ("169.254.170.2", true), ("[fe80::1]", true), ("[FD00:EC2::254]", true),
            ("metadata.google.internal", true), ("[::ffff:169.254.169.254]", true), ("10.0.0.1", false),
            ("[fd00::1]", false), ("169.example", false), ("localhost", false),
        ])
    func linkLocal(_ host: String, _ isLinkLocal: Bool) {
        #expect(HTTPAddress(isSecure: false, host: host).isLinkLocal == isLinkLocal)
    }
}

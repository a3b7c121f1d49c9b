import HTTP
import Testing

struct AddressTests {
    @Test func parses() throws {
        let address = try HTTPAddress(parsing: "https://h.example:8443/a%2Fb//c/../d?x=%41&&=#part")
        #expect(address.isSecure)
        #expect(address.host == "h.example")
        #expect(address.port == 8443)
        #expect(address.path == "/a%2Fb//c/../d")
        #expect(address.query == "x=%41&&=")
    }
}

import HTTP
import TestSupport
import Testing

@testable import ObjectStore

/// Where tokens are asked for, in each cloud.
struct AzureAuthorityTests {
    @Test(
        arguments: [
            (nil, "https://login.microsoftonline.com"),
            ("login.microsoftonline.us", "https://login.microsoftonline.us"),
            ("https://login.chinacloudapi.cn/", "https://login.chinacloudapi.cn"),
            ("https://login.example.org:8443/adfs//", "https://login.example.org:8443/adfs"),
            ("http://localhost:8080", "http://localhost:8080"), ("http://127.0.0.1:1/x", "http://127.0.0.1:1/x"),
            ("http://[::1]:1", "http://[::1]:1"),
        ] as [(String?, String)])
    func places(host: String?, begins: String) throws {
        var variables: [String: String] = [:]
        variables["AZURE_AUTHORITY_HOST"] = host
        let environment = AzureEnvironment(machine: try TestMachine().machine(variables))
        for tenant in ["contoso.onmicrosoft.com", "0a1b-2c"] {
            let authority = try AzureAuthority(tenant: tenant, of: "AZURE_TENANT_ID", environment)
            #expect(authority.address.text == "\(begins)/\(tenant)/oauth2/v2.0/token")
        }
    }
}

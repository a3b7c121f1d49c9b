import Testing

@testable import TaskFile

/// Advice names a key of the mapping where the unknown one stands.
@Suite struct UnsupportedKeysTests {
    @Test func advice() {
        let file = read(
            """
            providers:
              a: {provider: s3, bucket: b, key: k, secret: s}
            file_mounts:
              /d: {source: s3://data-bucket, bucket: b, secret_key: s, url: u, verify: no}
            """)
        let hints = file.diagnostics.filter { $0.code == .unknownKey }.map(\.hint)
        #expect(
            hints == [
                "write buckets", "write access_key", "write secret_key", "write name", "write provider", "write source",
                "write tls_verify",
            ])
    }
}

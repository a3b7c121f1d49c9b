import Foundation
import TestSupport
import Testing

/// `provision doctor`
@Suite struct DoctorTests {
    private let folder: TemporaryFolder
    /// Nothing at the machine's own address is asked.
    private static let quiet = ["AWS_EC2_METADATA_DISABLED": "true"]

    init() throws {
        folder = try TemporaryFolder()
    }

    private func doctor(
        _ status: Int32, _ more: [String: String] = [:], _ words: String...
    ) throws -> [String: [String]] {
        let finished = try Program.run(
            [Program.provision, "doctor", "--output", "json"] + words,
            environment: Self.quiet.merging(more) { _, new in new }, in: folder.path)
        #expect(finished.status == status, "\(finished)")
        #expect(!finished.output.contains("hush"))
        let json = try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any]
        #expect(json?["ok"] as? Bool == (status == 0))
        let findings = try #require(json?["findings"] as? [[String: String]])
        return Dictionary(
            findings.map { ($0["topic"] ?? "", ["\($0["state"] ?? ""): \($0["text"] ?? "")"]) }, uniquingKeysWith: +)
    }

    @Test func whatThereIs() throws {
        let found = try doctor(
            0,
            [
                "AWS_ACCESS_KEY_ID": "AKIDOFTESTSABCDEFGH", "AWS_SECRET_ACCESS_KEY": "hush",
                "https_proxy": "http://user:hush@proxy.internal:3128/",
                "AWS_ENDPOINT_URL_S3": "http://user:hush@s3.internal",
            ], "--state-dir", "new/state")
        #expect(found["aws credentials"] == ["good: environment AWS_ACCESS_KEY_ID AKID…EFGH"])
        #expect(found["proxy"] == ["fact: https_proxy is http://***@proxy.internal:3128"])
        #expect(found["endpoint"] == ["fact: AWS_ENDPOINT_URL_S3 is http://***@s3.internal"])
        #expect(
            found["state folder"]?.first?.hasPrefix("good: \(folder.path)/new/state; made when") == true, "\(found)")
        #expect(found["fuse"]?.last?.contains("mounts are not built yet") == true)
        // It looks and makes nothing.
        #expect(try folder.names == [])
    }

    @Test func withoutCredentials() throws {
        let found = try doctor(0)
        #expect(found["aws credentials"]?.first?.hasPrefix("fact: there are no AWS credentials") == true, "\(found)")
        #expect(found["aws, looked at"]?.count ?? 0 >= 3)
        let text = try provision("doctor", environment: Self.quiet)
        #expect(text.status == 0 && text.output.hasSuffix("COPY can work\n"), "\(text)")
    }

    @Test func whereNotesCannotBeKept() throws {
        try folder.write("x", to: "file")
        let found = try doctor(71, [:], "--state-dir", folder.path("file/state"))
        #expect(found["state folder"]?.first?.hasPrefix("bad: ") == true, "\(found)")
        let text = try provision("doctor", "--state-dir", folder.path("file/state"), environment: Self.quiet)
        #expect(text.status == 71 && text.output.hasSuffix("COPY cannot work\n"))
    }
}

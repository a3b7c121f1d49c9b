import Foundation
import TestSupport
import Testing

/// `provision doctor`
@Suite struct DoctorTests {
    private let folder: TemporaryFolder
    /// Nothing at the machine's own address is asked.
    private static let quiet = [
        "AWS_EC2_METADATA_DISABLED": "true", "NO_GCE_CHECK": "true",
        "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:1", "PATH": "/nowhere",
    ]

    init() throws {
        folder = try TemporaryFolder()
    }

    private func doctor(
        _ status: Int32, _ more: [String: String] = [:], _ words: String...
    ) async throws -> [String: [String]] {
        let finished = try await Program.start(
            [Program.provision, "doctor", "--output", "json"] + words,
            environment: Self.quiet.merging(more) { _, new in new }, in: folder.path
        ).end()
        #expect(finished.status == status, "\(finished)")
        #expect(!finished.output.contains("hush"))
        let json = try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any]
        #expect(json?["ok"] as? Bool == (status == 0))
        let findings = try #require(json?["findings"] as? [[String: String]])
        return Dictionary(
            findings.map { ($0["topic"] ?? "", ["\($0["state"] ?? ""): \($0["text"] ?? "")"]) }, uniquingKeysWith: +)
    }

    @Test func whatThereIs() async throws {
        // Nobody is there.
        let place = "127.0.0.1:\(try FreePorts.take(1)[0])"
        let found = try await doctor(
            0,
            [
                "AWS_ACCESS_KEY_ID": "AKIDOFTESTSABCDEFGH", "AWS_SECRET_ACCESS_KEY": "hush",
                "https_proxy": "http://user:hush@\(place)/",
                "AWS_ENDPOINT_URL_S3": "http://user:hush@\(place)",
            ], "--state-dir", "new/state", "--cache-dir", "new/caches")
        #expect(found["aws credentials"] == ["good: environment AWS_ACCESS_KEY_ID AKID…EFGH"])
        #expect(found["proxy"] == ["fact: https_proxy is http://***@\(place)"])
        #expect(found["endpoint"] == ["fact: AWS_ENDPOINT_URL_S3 is http://***@\(place)"])
        #expect(
            found["state folder"]?.first?.hasPrefix("good: \(folder.path)/new/state; made when") == true, "\(found)")
        #expect(found["caches"] == ["good: \(folder.path)/new/caches"])
        let fuse = found["fuse"]?.first ?? ""
        #expect(fuse.contains("MOUNT can work") || fuse.contains("MOUNT cannot work"), "\(found)")
        // It looks and makes nothing.
        #expect(try folder.names == [])
    }

    @Test func withoutCredentials() async throws {
        let found = try await doctor(0)
        #expect(found["aws credentials"]?.first?.hasPrefix("fact: there are no AWS credentials") == true, "\(found)")
        for cloud in ["aws", "google", "azure"] {
            #expect(found["\(cloud) credentials"]?.first?.hasPrefix("fact: there are no ") == true, "\(found)")
            #expect(found["\(cloud), looked at"]?.count ?? 0 >= 3, "\(found)")
        }
        let text = try provision("doctor", environment: Self.quiet)
        #expect(text.status == 0 && text.output.hasSuffix("COPY can work\n"), "\(text)")
    }

    /// Whose keys are in the environment, of each cloud.
    @Test func whoWeAreEverywhere() async throws {
        let account = try ServiceAccountFile(in: TemporaryFolder())
        try Files.write(account.content, to: Array(folder.path("key.json").utf8))
        // Nobody is asked for the time but these.
        let nobody = "http://127.0.0.1:\(try FreePorts.take(1)[0])"
        let found = try await doctor(
            0,
            [
                "GOOGLE_APPLICATION_CREDENTIALS": folder.path("key.json"), "https_proxy": nobody,
                "AZURE_STORAGE_ACCOUNT": "someaccount", "AZURE_STORAGE_KEY": "aHVzaGh1c2g=",
                "AZURE_STORAGE_BLOB_ENDPOINT": nobody,
            ])
        let google = try #require(found["google credentials"]?.first)
        #expect(google.hasPrefix("good: ") && google.contains(ServiceAccountFile.email), "\(google)")
        let azure = try #require(found["azure credentials"]?.first)
        #expect(azure.hasPrefix("good: ") && azure.contains("AZURE_STORAGE_KEY"), "\(azure)")
        #expect(found.values.joined().allSatisfy { !$0.contains("aHVzaGh1c2g") })
    }

    // MARK: The clock

    /// Whoever is asked for the time gets no name of a bucket and no signature.
    @Test(arguments: [
        (0, "good: agrees", " with "), (3630, "fact: 1h", " behind "), (-7 * 86400, "fact: 7d", " ahead of "),
    ])
    func theClock(ahead: Int, begins: String, says: String) async throws {
        let server = try ScriptedServer { request, connection in
            guard request.line == "HEAD / HTTP/1.1", request["Authorization"] == nil else {
                return connection.reset()
            }
            try connection.answer(403, ["Date": Self.date(Date(timeIntervalSinceNow: Double(ahead)))])
        }
        let place = "http://127.0.0.1:\(server.port)"
        let found = try await doctor(0, ["AWS_ENDPOINT_URL_S3": place])
        let clock = try #require(found["clock"]?.first)
        // It was compared some seconds after the answer was written.
        #expect(clock.hasPrefix(begins) && clock.contains("\(says)that of \(place)"), "\(clock)")
        #expect(server.requests == 1)
    }

    private static func date(_ date: Date) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        return format.string(from: date)
    }

    @Test func noClockToCompareWith() async throws {
        let silent = try ScriptedServer { request, connection in try connection.answer(200) }
        let without = try await doctor(0, ["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(silent.port)"])
        #expect(without["clock"]?.first?.hasSuffix(": its answer has no date") == true, "\(without)")
        let nobody = try await doctor(0, ["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(try FreePorts.take(1)[0])"])
        #expect(nobody["clock"]?.first?.hasPrefix("fact: not compared with that of http://127") == true, "\(nobody)")
        let stalled = try ScriptedServer { $0.stall() }
        let late = try await doctor(0, ["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(stalled.port)"])
        #expect(late["clock"] == ["fact: not compared: nobody answers within 5 s"], "\(late)")
        // Without an endpoint and without credentials nobody is asked.
        #expect(try await doctor(0)["clock"] == nil)
    }

    /// With credentials it is Amazon's, through the proxy like everything.
    @Test func theClockOfAmazon() async throws {
        let asked = try ScriptedServer { request, connection in
            try connection.answer(request.line.hasPrefix("CONNECT s3.eu-west-1.amazonaws.com:443 ") ? 403 : 500)
        }
        let found = try await doctor(
            0,
            [
                "AWS_ACCESS_KEY_ID": "AKIDOFTESTSABCDEFGH", "AWS_SECRET_ACCESS_KEY": "hush", "AWS_REGION": "eu-west-1",
                "https_proxy": "http://127.0.0.1:\(asked.port)",
            ])
        #expect(
            found["clock"]?.first?.hasPrefix("fact: not compared with that of https://s3.eu-west-1.amazonaws.com: ")
                == true, "\(found)")
        #expect(asked.requests == 1)
    }

    @Test func whereNotesCannotBeKept() async throws {
        try folder.write("x", to: "file")
        let found = try await doctor(71, [:], "--state-dir", folder.path("file/state"))
        #expect(found["state folder"]?.first?.hasPrefix("bad: ") == true, "\(found)")
        let text = try provision("doctor", "--state-dir", folder.path("file/state"), environment: Self.quiet)
        #expect(text.status == 71 && text.output.hasSuffix("COPY cannot work\n"))
    }
}

import Foundation
import TestSupport
import Testing

/// Regions. OpenStack Swift takes no signature for another than its own, and says which that is, but not to HEAD.
@Suite(.onOpenStack) struct S3RegionTests {
    private var sandbox: BucketSandbox
    private let proxy: FaultProxy
    private let own = OpenStackSwift.region
    private let objects: [String: [UInt8]] = [
        "a": Array("one".utf8), "d/b": Array("two".utf8), "large": BucketSandbox.bytes(11 << 20),
    ]

    init() async throws {
        sandbox = try await BucketSandbox(OpenStackSwift.shared, objects)
        proxy = try sandbox.proxy()
    }

    /// What requests were signed for, in their order.
    private var regions: [String] {
        proxy.passages.compactMap { passage in
            let scope = passage.request["Authorization"]?.split(separator: "Credential=").last?.split(separator: "/")
            return scope.map { String($0[2]) }
        }
    }

    /// Only what was under way before the first answer is refused.
    @Test func oneThatNobodyStatesIsLearned() async throws {
        try await sandbox.succeed(sandbox.task(nil, "part_size: 5MiB"))
        sandbox.expect(objects)
        #expect(regions.first == "us-east-1")
        #expect(Set(regions.drop { $0 == "us-east-1" }) == [own])
        #expect(regions.filter { $0 == "us-east-1" }.count <= 2)
    }

    /// Here the first request is a HEAD.
    @Test func ofASingleObject() async throws {
        try await sandbox.succeed(sandbox.task("\(sandbox.url)/large", "part_size: 5MiB"))
        let bytes = try Data(contentsOf: URL(filePath: sandbox.files.destination))
        #expect(bytes == Data(objects["large"] ?? []))
    }

    @Test(arguments: [true, false])
    func oneThatIsStated(byTheEntry: Bool) async throws {
        var sandbox = sandbox
        if !byTheEntry { sandbox.environment["AWS_REGION"] = own }
        try await sandbox.succeed(sandbox.task(nil, byTheEntry ? "region: \(own)" : ""))
        sandbox.expect(objects)
        #expect(Set(regions) == [own])
    }

    /// The entry's is not ours to change; the right one is told.
    @Test(arguments: ["", "/a", "/d/"])
    func oneThatTheEntryStatesWrongly(source: String) async throws {
        let task = sandbox.task("\(sandbox.url)\(source)", "region: eu-west-1")
        for options in [["--dry-run"], []] {
            let finished = try await sandbox.start(task, options).end()
            #expect(finished.status == 78, "\(finished.output)\(finished.errors)")
            let problem = try Document(finished).diagnostics.first { $0.hasPrefix("error wrong-region ") }
            #expect(problem?.contains("in region \(own)") == true, "\(finished.output)")
        }
        #expect(Set(regions) == ["eu-west-1"])
        #expect(!Files.isThere(sandbox.files.destination))
    }

    /// That of the machine says only where to look first.
    @Test func oneThatTheMachineHasWrongly() async throws {
        var sandbox = sandbox
        sandbox.environment["AWS_REGION"] = "eu-west-1"
        let document = try await sandbox.succeed(sandbox.task(nil, "part_size: 5MiB"))
        sandbox.expect(objects)
        let warning = document.diagnostics.first { $0.hasPrefix("warning wrong-region ") }
        #expect(warning?.contains("in region \(own)") == true)
        #expect(regions.first == "eu-west-1")
        #expect(regions.last == own)
    }

    @Test func ofVerbs() async throws {
        let url = "\(sandbox.url)/a"
        let check = try await sandbox.start(words: [Program.provision, "check", url, "--output", "json"]).end()
        let checks = try Document(check).json["checks"] as? [[String: Any]]
        #expect(check.status == 0 && checks?.first?["region"] as? String == own, "\(check.output)")
        var sandbox = sandbox
        sandbox.environment["AWS_REGION"] = "eu-west-1"
        for verb in ["check", "ls"] {
            let wrong = try await sandbox.start(words: [Program.provision, verb, url]).end()
            #expect(wrong.status == 0, "\(wrong)")
        }
    }
}

import Foundation
import Synchronization
import TestSupport
import Testing

/// COPY of files on web servers, through the built program.
@Suite(.apart) struct WebCopyTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
    }

    private static let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) }

    private func serve(_ file: WebFile) throws -> ScriptedServer {
        try ScriptedServer { try file.answer($0, $1) }
    }

    private func task(_ url: String, _ keys: String = "", to destination: String = "dst") -> String {
        "file_mounts: {\(sandbox.path(destination)): {source: \"\(url)\"\(keys.isEmpty ? "" : ", " + keys)}}"
    }

    private func bytes(_ name: String) -> [UInt8]? {
        (try? Data(contentsOf: URL(filePath: sandbox.path(name)))).map { [UInt8]($0) }
    }

    @Test func theDestinationIsTheFile() throws {
        let server = try serve(WebFile(Self.bytes))
        let task = task("http://127.0.0.1:\(server.port)/a/b.bin?sig=hush")
        let document = try sandbox.succeed(task)
        #expect(bytes("dst") == Self.bytes)
        #expect(document.objects == ["total": 1, "done": 1, "skipped": 0])
        let time = try FileManager.default.attributesOfItem(atPath: sandbox.path("dst"))[.modificationDate] as? Date
        #expect(time == Date(timeIntervalSince1970: 1_795_168_800))
        // Again only the look at it is needed.
        let requests = server.requests
        #expect(try sandbox.succeed(task).objects["skipped"] == 1)
        #expect(server.requests == requests + 1)
        let plan = try sandbox.run(task, ["--dry-run"])
        #expect(plan.status == 0 && plan.output.contains("anonymous"))
        #expect(!plan.output.contains("hush") && !plan.errors.contains("hush"))
    }

    /// Parts of a large one come side by side, all of one version.
    @Test func inParts() throws {
        let large = (0..<12 << 20).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        let ranged = try serve(WebFile(large))
        try sandbox.succeed(task("http://127.0.0.1:\(ranged.port)/x", "part_size: 5M"))
        #expect(bytes("dst") == large)
        #expect(ranged.requests == 4)
        var file = WebFile(large)
        file.hasRanges = false
        let whole = try serve(file)
        try sandbox.succeed(task("http://127.0.0.1:\(whole.port)/x", "part_size: 5M", to: "other"))
        #expect(bytes("other") == large)
        #expect(whole.requests == 2)
    }

    @Test func namesInFolders() throws {
        var file = WebFile("1")
        file.headers = ["Content-Disposition": "attachment; filename=\"report 1.csv\""]
        let named = try serve(file)
        try sandbox.succeed(task("http://127.0.0.1:\(named.port)/x", to: "a/"))
        #expect(bytes("a/report 1.csv") == Array("1".utf8))
        file.headers = ["Content-Disposition": "attachment; filename=\"../../evil\""]
        let evil = try serve(file)
        try sandbox.succeed(task("http://127.0.0.1:\(evil.port)/d/b%20c.bin?x", to: "b/"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.path("b")) == ["b c.bin"])
        let list =
            "file_mounts: {\(sandbox.path("c")): {source: [\"http://127.0.0.1:\(named.port)/one%2E\", "
            + "\"http://127.0.0.1:\(named.port)/..%2Ftwo\"]}}"
        try sandbox.succeed(list)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: sandbox.path("c")).sorted() == ["..%2Ftwo", "one."])
    }

    @Test func ofUnknownSize() throws {
        var file = WebFile(Self.bytes)
        (file.statesLength, file.hasRanges) = (false, false)
        let server = try serve(file)
        let task = task("http://127.0.0.1:\(server.port)/x")
        for _ in 0..<2 {
            let document = try sandbox.succeed(task)
            #expect(bytes("dst") == Self.bytes)
            #expect(document.objects["done"] == 1)
            #expect(document.mounts.first?.bytes["done"] == Self.bytes.count)
            #expect(document.diagnostics.count == 1 && document.diagnostics[0].contains("does not say how large"))
        }
    }

    @Test(arguments: [
        (403, 77, "denied"), (401, 77, "denied"), (404, 66, "not-found"), (410, 66, "not-found"),
        (418, 69, "unreachable"), (501, 78, "unsupported-store"),
    ])
    func refusals(status: Int, exit: Int32, code: String) throws {
        let server = try ScriptedServer { _, connection in
            try connection.send("HTTP/1.1 \(status) No\r\nContent-Length: 0\r\n\r\n")
        }
        let document = try sandbox.fail(exit, task("http://127.0.0.1:\(server.port)/x?sig=hush"))
        #expect(document.diagnostics.first?.hasPrefix("error \(code) ") == true, "\(document.diagnostics)")
        #expect(!"\(document.json)".contains("hush"))
        #expect(bytes("dst") == nil)
    }

    @Test func linksThatAreOver() throws {
        let query = "X-Amz-Date=20200101T000000Z&X-Amz-Expires=3600&X-Amz-Signature=hush"
        let document = try sandbox.fail(77, task("http://127.0.0.1:9/x?\(query)"))
        #expect(document.diagnostics.first?.hasPrefix("error expired-credentials ") == true)
        #expect(document.diagnostics.first?.contains("2020-01-01T01:00:00Z") == true)
        #expect(!"\(document.json)".contains("hush"))
    }

    @Test func changedBetweenListingAndReading() throws {
        let server = try ScriptedServer { request, connection in
            var file = WebFile(Self.bytes)
            if request.method == "GET" { file.tag = "\"two\"" }
            try file.answer(request, connection)
        }
        let document = try sandbox.fail(74, task("http://127.0.0.1:\(server.port)/x"))
        #expect(document.mounts.first?.code == "source-changed", "\(document.json)")
        #expect(sandbox.leftovers(in: sandbox.folder.path) == [])
        #expect(bytes("dst") == nil)
    }

    @Test func headersAndAuthorities() throws {
        let authority = try TestAuthority.shared.get()
        let server = try ScriptedServer(identity: try authority.identity("good")) { request, connection in
            guard request["Authorization"] == "Bearer hush" else { return try connection.answer(401, [:], "") }
            try WebFile("1").answer(request, connection)
        }
        let url = "https://localhost:\(server.port)/x"
        let headers = "headers: {Authorization: Bearer hush}"
        #expect(try sandbox.fail(69, task(url, headers)).diagnostics.first?.contains("certificate") == true)
        try sandbox.fail(77, task(url, "tls_verify: \(authority.file)"))
        let document = try sandbox.succeed(task(url, "tls_verify: \(authority.file), \(headers)"))
        #expect(bytes("dst") == Array("1".utf8))
        #expect(!"\(document.json)".contains("hush"))
        try sandbox.succeed(task(url, "tls_verify: false, \(headers)", to: "other"))
    }

    /// Neither its keys for clouds nor what other programs keep for this very host.
    @Test func nothingOfTheMachineIsSent() throws {
        let heads = Mutex<[String]>([])
        let server = try ScriptedServer { request, connection in
            heads.withLock { $0.append(request.head.lowercased()) }
            try WebFile("1").answer(request, connection)
        }
        try sandbox.write([
            "home/.netrc": "machine 127.0.0.1 login hush password hush\ndefault login hush password hush\n",
            "home/.aws/credentials": "[default]\naws_access_key_id = AKIDHUSH\naws_secret_access_key = hush\n",
        ])
        let environment = [
            "HOME": sandbox.path("home"), "NETRC": sandbox.path("home/.netrc"), "AWS_ACCESS_KEY_ID": "AKIDHUSH",
            "AWS_SECRET_ACCESS_KEY": "hush", "AWS_SESSION_TOKEN": "hush", "AZURE_STORAGE_KEY": "aHVzaA==",
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(server.port)",
        ]
        let finished = try sandbox.run(task("http://127.0.0.1:\(server.port)/data/x"), environment: environment)
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(bytes("dst") == Array("1".utf8))
        let sent = heads.withLock { $0 }
        #expect(sent.count == 2)
        for word in ["authorization", "cookie", "x-amz", "x-ms", "hush"] {
            #expect(!sent.contains { $0.contains(word) }, "\(sent)")
        }
    }

    /// A server that everybody has, without ranges and ETags.
    @Test(.enabled(if: Program.isInstalled("python3"), "python3 is not installed"))
    func pythonsOwnServer() throws {
        try sandbox.write(["src/d/a b.txt": "content"])
        let port = try FreePorts.take(1)[0]
        let server = try Program.start(
            ["python3", "-m", "http.server", "\(port)", "--bind", "127.0.0.1", "--directory", sandbox.source])
        defer { server.signal(SIGKILL) }
        let task = task("http://127.0.0.1:\(port)/d/a%20b.txt", to: "dst/")
        let end = ContinuousClock.now + .seconds(20)
        while try sandbox.run(task).status != 0, ContinuousClock.now < end { usleep(50_000) }
        #expect(sandbox.content("dst/a b.txt") == "content")
        #expect(try sandbox.succeed(task).objects["skipped"] == 1)
        try sandbox.fail(66, self.task("http://127.0.0.1:\(port)/none", to: "other"))
    }
}

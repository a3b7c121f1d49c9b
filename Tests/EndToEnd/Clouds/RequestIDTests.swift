import Foundation
import TestSupport
import Testing

/// What a service calls a request that it has refused is told, since its support asks for that.
@Suite struct RequestIDTests {
    private let files: CopySandbox

    init() throws {
        files = try CopySandbox()
    }

    private func run(
        _ source: String, _ variables: [String: String], _ options: [String] = []
    ) async throws -> Finished {
        let task = "file_mounts: {\"\(files.destination)/\": {source: \"\(source)\", mode: COPY}}"
        return try await Program.start(
            try files.words(task, options), environment: variables, in: files.folder.path
        ).end()
    }

    /// In documents and in words for people, of a dry run and of a run.
    private func expect(
        _ request: String, _ source: String, _ variables: [String: String],
        at location: Testing.SourceLocation = #_sourceLocation
    ) async throws {
        for options in [["--dry-run"], [], ["--output", "text"]] {
            let finished = try await run(source, variables, options)
            let said = finished.output + finished.errors
            #expect(finished.status == 77, "\(said)", sourceLocation: location)
            #expect(said.contains("(request \(request))"), "\(said)", sourceLocation: location)
        }
        #expect(!Files.isThere(files.destination), sourceLocation: location)
    }

    private static func denied(_ members: String = "") -> String {
        "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message>\(members)</Error>"
    }

    private func amazon(_ server: ScriptedServer) -> [String: String] {
        AmazonStandIn.environment("http://127.0.0.1:\(server.port)")
    }

    // MARK: S3

    /// Amazon asks for both; what the document says is the same once more.
    @Test func ofS3InHeaders() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.answer(
                403, ["x-amz-request-id": "4442587FB7D0A2F9", "x-amz-id-2": "Uuag1LuByRx9e6j5Onim="],
                Self.denied("<RequestId>another</RequestId>"))
        }
        try await expect("4442587FB7D0A2F9 Uuag1LuByRx9e6j5Onim=", "s3://data", amazon(server))
        let words = [Program.provision, "check", "s3://data", "--output", "json"]
        let check = try await Program.start(words, environment: amazon(server)).end()
        #expect(check.status == 77, "\(check)")
        #expect(check.output.contains("(request 4442587FB7D0A2F9 Uuag1LuByRx9e6j5Onim=)"), "\(check.output)")
    }

    @Test func ofS3InTheDocument() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.answer(403, [:], Self.denied("<RequestId>tx-42</RequestId>"))
        }
        try await expect("tx-42", "s3://data", amazon(server))
    }

    /// HEAD says nothing but no: it is another request that is told why, and that is the one to ask about.
    @Test func ofS3WhereHEADIsRefused() async throws {
        let server = try ScriptedServer { request, connection in
            switch request.method {
            case "HEAD": try connection.answer(403, ["x-amz-request-id": "HEAD1"])
            case _ where request.isListing: try connection.answer(403, ["x-amz-request-id": "LIST1"], Self.denied())
            default: try connection.answer(403, ["x-amz-request-id": "GET1"], Self.denied())
            }
        }
        try await expect("GET1", "s3://data/key", amazon(server))
    }

    /// In the middle of a copy.
    @Test func ofS3ForReadingAlone() async throws {
        let bucket = AmazonStandIn(objects: ["a": .init("content")])
        let server = try ScriptedServer { request, connection in
            guard request.isRead else { return try bucket.answer(request, connection) }
            try connection.answer(403, ["x-amz-request-id": "READ1"], Self.denied())
        }
        let finished = try await run("s3://data", amazon(server))
        #expect(finished.status == 77, "\(finished.output)\(finished.errors)")
        let error = try Document(finished).mounts.first?.error
        #expect(error?["code"] as? String == "denied")
        #expect((error?["message"] as? String)?.contains("(request READ1)") == true, "\(finished.output)")
        let text = try await run("s3://data", amazon(server), ["--output", "text"])
        #expect((text.output + text.errors).contains("(request READ1)"), "\(text)")
    }

    /// Of a signed link the server is S3's as well.
    @Test func ofALink() async throws {
        let server = try ScriptedServer { request, connection in
            let body = request.method == "HEAD" ? "" : Self.denied()
            try connection.answer(403, ["x-amz-request-id": "LINK1"], body)
        }
        try await expect("LINK1", "http://127.0.0.1:\(server.port)/x", [:])
    }

    // MARK: Others

    @Test func ofAzure() async throws {
        let id = "0f8fad5b-d9cb-469f-a165-70867728950e"
        let server = try ScriptedServer { request, connection in
            let message = "This request is not authorized to perform this operation.\nRequestId:another\nTime:now"
            let body = "<Error><Code>AuthorizationFailure</Code><Message>\(message)</Message></Error>"
            try connection.answer(
                403, ["x-ms-request-id": id, "x-ms-error-code": "AuthorizationFailure"],
                request.method == "HEAD" ? "" : body)
        }
        let variables = [
            "AZURE_STORAGE_ACCOUNT": AzureBlob.account, "AZURE_STORAGE_KEY": AzureBlob.keyText,
            "AZURE_STORAGE_BLOB_ENDPOINT": "http://127.0.0.1:\(server.port)/\(AzureBlob.account)",
        ]
        try await expect(id, "azure://data", variables)
    }

    /// What Google calls a request is what allows to go on with an upload, so that nobody is shown it.
    @Test func ofGoogle() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.answer(
                403, ["X-GUploader-UploadID": "ABPnzm-hush", "Content-Type": "application/json"],
                #"{"error": {"code": 403, "message": "no access", "errors": [{"reason": "forbidden"}]}}"#)
        }
        let variables = ["STORAGE_EMULATOR_HOST": "http://127.0.0.1:\(server.port)", "NO_GCE_CHECK": "true"]
        for options in [["--dry-run"], [], ["--output", "text"]] {
            let finished = try await run("gs://data", variables, options)
            let said = finished.output + finished.errors
            #expect(finished.status == 77 && said.contains("no access"), "\(said)")
            #expect(!said.contains("hush") && !said.contains("(request"), "\(said)")
        }
    }
}

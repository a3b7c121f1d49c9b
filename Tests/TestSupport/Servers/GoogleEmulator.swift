import Foundation

/// gcp-storage-emulator, which keeps objects in memory and knows neither conditions nor pages; sessions of uploads that can be gone on with
/// it answers as Google does. It believes everybody.
public enum GoogleEmulator {
    private static let module = "gcp_storage_emulator"
    public static let isHere = PythonTools.package(module) != nil
    public static let absence = "gcp-storage-emulator is not in .tools/python: run script/setup"

    public static let shared = StartedOnce<GoogleStorage> {
        guard isHere else { throw ServerFailure(what: absence) }
        let folder = try TemporaryFolder()
        let port = try FreePorts.take(1)[0]
        let script =
            "exec '\(PythonTools.path("python"))' -m \(module) start --host 127.0.0.1 --port \(port) --in-memory\n"
        let server = GoogleStorage(try ServerProcess(script, in: folder), port: port, token: nil)
        try await server.waitUntilReady(seconds: 60)
        return server
    }
}

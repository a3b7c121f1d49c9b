import HTTP
import ObjectStore
import Platform
import TestSupport

enum WebTestStore {
    /// The store of a file on a server of this machine, impatient.
    static func make(
        _ url: String, _ settings: WebSettings = WebSettings(), key: ObjectKey = "file", now: Int = 1_800_000_000
    ) throws -> WebStore {
        var quick = HTTPSettings()
        quick.retries.baseMilliseconds = 1
        quick.retries.attempts = 3
        quick.stallMilliseconds = 1000
        return try WebStore(
            url, shownAs: String(url.prefix { $0 != "?" }), key: key, settings, client: HTTPClient(quick), now: { now })
    }

    static func make(_ server: ScriptedServer, _ target: String = "/file", now: Int = 1_800_000_000) throws -> WebStore
    {
        try make("http://127.0.0.1:\(server.port)\(target)", now: now)
    }
}

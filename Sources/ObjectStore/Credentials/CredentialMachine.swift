public import HTTP
public import Platform

/// The machine that credentials are looked for on. Everything a search can see comes through here.
public struct CredentialMachine: Sendable {
    /// The operator's. What a task sets for its command never gets in.
    public var environment: Environment
    public var home: String
    /// For token services; their certificates are believed as the system's authorities say.
    public var client: HTTPClient
    /// For services of the machine itself, which answer at once or are not there.
    public var localClient: HTTPClient
    /// How long what would be there in some cloud is waited for. On other machines it has to be known within a second that nobody
    /// answers.
    public var patienceMilliseconds = 900
    /// Seconds since 1970: expiry is a matter of the clock on the wall.
    public var now: @Sendable () -> Int
    /// By which is signed what has to be of this moment, also where this machine's clock is off.
    let signingClock: ServerClock

    public init(
        environment: Environment, home: String, client: HTTPClient, localClient: HTTPClient? = nil,
        now: @escaping @Sendable () -> Int = { Timestamp.secondsNow }
    ) {
        self.environment = environment
        self.home = home
        self.client = client
        self.localClient = localClient ?? HTTPClient(Self.localSettings)
        self.now = now
        signingClock = ServerClock(now)
    }

    private static var localSettings: HTTPSettings {
        var settings = HTTPSettings()
        settings.connectTimeoutMilliseconds = 1000
        settings.stallMilliseconds = 2000
        settings.connectionsPerHost = 2
        return settings
    }

    /// `~/` at the beginning is the home folder.
    func path(_ text: String) -> String { Paths.fromHome(text, home) }

    /// A path as people know it.
    func shown(_ path: String) -> String {
        (path.hasPrefix(home + "/") ? "~" + path.dropFirst(home.count) : path).printable
    }

    /// A small file, read where waiting is allowed.
    func read(_ path: String, limit: Int = 1 << 20) async throws(SystemError) -> [UInt8] {
        let path = self.path(path)
        return try await BlockingPool.files.run { _ throws(SystemError) in
            let bytes = try FileReading.bytes(ofPlainFile: path, limit: limit)
            guard bytes.count <= limit else { throw SystemError.fileTooLarge }
            return bytes
        }
    }
}

import CShims
public import Platform

/// Whoever has started us as a service and waits to hear when it is ready, as systemd does of `Type=notify`. It is told in
/// datagrams to the socket that `NOTIFY_SOCKET` names: a path, or a name that begins with @.
public struct ServiceManager: Sendable, Equatable {
    static let variable = "NOTIFY_SOCKET"

    /// Of the socket.
    let address: String

    /// Nothing where nobody waits.
    public init?(_ environment: Environment) {
        guard let address = environment.nonEmpty(Self.variable) else { return nil }
        self.init(address: address)
    }

    init(address: String) {
        self.address = address
    }

    enum News {
        /// Also that another process is to be watched from here on: this one is about to end.
        case ready(mainProcess: Int32?)
        case stopping
        case status(String)

        fileprivate var lines: [String] {
            switch self {
            case .ready(let process?): ["MAINPID=\(process)", "READY=1"]
            case .ready(nil): ["READY=1"]
            case .stopping: ["STOPPING=1"]
            case .status(let text): ["STATUS=" + text.printable]
            }
        }
    }

    func tell(_ news: [News]) throws(SystemError) {
        let bytes = Array(news.flatMap(\.lines).map { $0 + "\n" }.joined().utf8)
        try SystemError.check { shim_local_tell(address, bytes, bytes.count) }
    }
}

import Foundation
import Synchronization

/// A proxy as firms have them: CONNECT for https, requests with whole URLs for http. Whatever host is asked for, it goes to a
/// port of this machine, so that names need not exist.
public final class RelayProxy: Sendable {
    public var port: Int { server.port }
    private let server: ScriptedServer
    private let seen: Seen

    private final class Seen: Sendable {
        let heads = Mutex<[ReceivedRequest]>([])
    }

    /// What it was asked.
    public var requests: [ReceivedRequest] { seen.heads.withLock { $0 } }

    /// `refusal`: the status that all requests are answered with.
    public init(to upstream: Int, refusal: Int? = nil) throws {
        let seen = Seen()
        self.seen = seen
        server = try ScriptedServer(onConnection: { client in
            client.hurry()
            while let request = try client.readHead() {
                seen.heads.withLock { $0.append(request) }
                if let refusal {
                    try client.answer(refusal, ["Proxy-Authenticate": "Basic realm=\"x\""], "no"); continue
                }
                let server = try ScriptedConnection(toPort: upstream)
                defer { server.finish() }
                if request.method == "CONNECT" {
                    try client.send("HTTP/1.1 200 Connection established\r\n\r\n")
                    return try client.relay(with: server)
                }
                try Self.forward(request, client, server)
            }
        })
    }

    private static func forward(
        _ request: ReceivedRequest, _ client: ScriptedConnection, _ server: ScriptedConnection
    ) throws {
        guard let url = URLComponents(string: request.target) else { return try client.answer(400) }
        let path = url.percentEncodedPath + (url.percentEncodedQuery.map { "?" + $0 } ?? "")
        let line = "\(request.method) \(path) HTTP/1.1"
        let rest = request.head.dropFirst(request.line.count).replacing(
            "\r\n\r\n", with: "\r\nConnection: close\r\n\r\n")
        let hop = rest.split(separator: "\r\n", omittingEmptySubsequences: false)
            .filter { !$0.lowercased().hasPrefix("proxy-") }.joined(separator: "\r\n")
        try server.send(line + hop)
        try server.send(try client.read(request.contentLength))
        guard let answer = try server.readHead() else { return client.close() }
        try client.send(answer.head)
        if request.method != "HEAD" { try client.send(try server.read(answer.contentLength)) }
    }
}

import HTTP
import Platform
import Signing
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

/// Moves in accounts whose folders are real, as a server answers them that a test has made up.
struct AzureOddMovesTests {
    private static let found = ["ETag": "\"e\"", "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"]
    private static let folder = found.merging(["x-ms-meta-hdi_isfolder": "true"]) { $1 }

    /// A request for one: what is asked for, of which source, on which conditions.
    private struct Move: Equatable {
        var target: String
        var source: String?
        var unwanted: String?
        var sourceWanted: String?
    }

    /// Says yes to everything, but to moves its answers, the last one again and again.
    private final class Service: Sendable {
        private let state = Mutex<(moves: [Move], others: [String])>(([], []))
        private let answers: [(Int, [String: String])]
        private let kind: [String: String]

        init(_ kind: [String: String], _ answers: [(Int, [String: String])]) {
            self.kind = kind
            self.answers = answers
        }

        var moves: [Move] { state.withLock { $0.moves } }
        /// What was written beside.
        var others: [String] { state.withLock { $0.others } }

        func answer(_ request: ReceivedRequest, _ connection: ScriptedConnection) throws {
            guard let source = request["x-ms-rename-source"] else {
                if request.method == "PUT" { state.withLock { $0.others.append(request.target) } }
                let isAbout = request.target.contains("comp=properties")
                return try connection.answer(
                    request.method == "PUT" ? 201 : 200, isAbout ? ["x-ms-is-hns-enabled": "true"] : kind)
            }
            let number = state.withLock { state in
                state.moves.append(
                    Move(
                        target: request.target, source: source, unwanted: request["If-None-Match"],
                        sourceWanted: request["x-ms-source-if-match"]))
                return state.moves.count - 1
            }
            let (status, headers) = answers[min(number, answers.count - 1)]
            try connection.answer(status, headers)
        }
    }

    private static let link = "sp=racwdlm&sig=geheim"

    private func store(on server: ScriptedServer) throws -> AzureStore {
        let place = HTTPAddress(isSecure: false, host: "account.blob.localhost", port: server.port, path: "")
        let link = try #require(SharedAccessSignature(Self.link))
        return AzureStore(
            AzureSite(account: "account", container: "data", service: place, tree: AzureSite.tree(beside: place)),
            credentials: FixedSource(.link(link)), client: HTTPClient())
    }

    private func rename(
        _ key: ObjectKey, to newKey: ObjectKey, if condition: WriteCondition = .always, in service: Service
    ) async throws {
        let server = try ScriptedServer { request, connection in try service.answer(request, connection) }
        defer { withExtendedLifetime(server) {} }
        let store = try store(on: server)
        let missing = try await store.learn()
        #expect(missing == [] && store.capabilities.atomicRename == .objectsAndFolders)
        _ = try await store.rename(key, to: newKey, if: condition)
    }

    /// The conditions hold for the beginning; the source goes with its signature, byte for byte.
    @Test func theServiceWantsSeveralCalls() async throws {
        let service = Service(Self.found, [(201, ["x-ms-continuation": "a b&c="]), (201, [:])])
        try await rename("a b/ü", to: "c?d", if: .ifAbsent, in: service)
        let (source, link) = ("/data/a%20b/%C3%BC?" + Self.link, "&" + Self.link)
        #expect(
            service.moves == [
                Move(target: "/data/c%3Fd?mode=legacy" + link, source: source, unwanted: "*", sourceWanted: "\"e\""),
                Move(target: "/data/c%3Fd?mode=legacy&continuation=a%20b%26c%3D" + link, source: source),
            ])
    }

    @Test func foldersHaveNoSlashThere() async throws {
        let service = Service(Self.folder, [(201, [:])])
        try await rename("a/b/", to: "c/", in: service)
        #expect(
            service.moves == [Move(target: "/data/c?mode=legacy&" + Self.link, source: "/data/a/b?" + Self.link)])
    }

    /// The folder above is made, once.
    @Test func thereIsNoFolderForIt() async throws {
        let lacking = (404, ["x-ms-error-code": "RenameDestinationParentPathNotFound"])
        let service = Service(Self.found, [lacking, (201, [:])])
        try await rename("a", to: "b/c/d", in: service)
        #expect(service.moves.count == 2 && service.others == ["/data/b/c?" + Self.link])
        let stubborn = Service(Self.found, [lacking])
        let failure = await #expect(throws: StoreError.self) {
            try await rename("a", to: "b/c/d", in: stubborn)
        }
        #expect(failure?.code == .notFound && failure?.message.contains("there is no folder for it") == true)
        #expect(stubborn.moves.count == 2)
    }

    @Test(
        arguments: [
            (409, "PathAlreadyExists", .conditionFailed, "there is something of this name already"),
            (409, "InvalidRenameSourcePath", .invalid, "the server says InvalidRenameSourcePath"),
            (409, "DirectoryNotEmpty", .invalid, "a folder of this name, which is not empty"),
            (409, "InvalidSourceOrDestinationResourceType", .invalid, "a file and a folder cannot have one name"),
            (412, "LeaseIdMissing", .denied, "somebody holds a lease on it"),
            (412, "SourceConditionNotMet", .changed, "a"), (412, "ConditionNotMet", .changed, "a"),
            (403, "AuthorizationPermissionMismatch", .denied, "which permits racwdlm and nothing else"),
            (404, "SourcePathNotFound", .notFound, "there is nothing of this name"),
        ] as [(Int, String, StoreError.Code, String)])
    func refusals(status: Int, word: String, code: StoreError.Code, says: String) async throws {
        let service = Service(Self.found, [(status, ["x-ms-error-code": word])])
        let failure = await #expect(throws: StoreError.self) {
            try await rename("a", to: "b", in: service)
        }
        #expect(failure?.code == code && failure?.message.contains(says) == true, "\(failure as Any)")
        #expect(failure?.message.contains("geheim") == false && service.moves.count == 1)
    }

    // MARK: Of what kind the account is

    /// Whoever is not told by the one host is told by the other, or by none.
    @Test(
        arguments: [("true", .objectsAndFolders, false, 0), ("false", .none, true, 0), (nil, .none, false, 1)]
            as [(String?, StoreCapabilities.AtomicRename, Bool, Int)])
    func theOtherHostTells(
        kind: String?, rename: StoreCapabilities.AtomicRename, isOrdered: Bool, missing: Int
    ) async throws {
        let server = try ScriptedServer { request, connection in
            guard let kind, request["Host"]?.hasPrefix("account.dfs.localhost") == true else {
                return try connection.answer(403, ["x-ms-error-code": "AuthorizationPermissionMismatch"])
            }
            #expect(request.method == "HEAD" && request.target.hasPrefix("/data?resource=filesystem&"))
            try connection.answer(200, ["x-ms-namespace-enabled": kind])
        }
        let store = try store(on: server)
        let said = try await store.learn()
        #expect(said.count == missing && !said.contains { $0.contains("geheim") })
        #expect(store.capabilities.atomicRename == rename && store.capabilities.listsInOrder == isOrdered)
    }

    /// Nobody waits long for a host that says nothing.
    @Test func theOtherHostIsSilent() async throws {
        let server = try ScriptedServer { request, connection in
            guard request["Host"]?.hasPrefix("account.dfs.localhost") == true else {
                return try connection.answer(200, ["x-ms-is-hns-enabled": "true"])
            }
            connection.stall()
        }
        let store = try store(on: server)
        let start = ContinuousClock.now
        let said = try await store.learn()
        #expect(said.count == 1 && said[0].contains("no answer within 2s"), "\(said)")
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(store.capabilities.atomicRename == .none && store.capabilities.keepsFolders)
    }
}

import HTTP
import JSON
import Signing
import TestSupport
import Testing

/// Microsoft's own client, in Python.
enum AzureClient {
    /// `order` names what is to be done.
    static func run(_ order: JSONValue) throws -> JSONValue {
        let answer = try Python.run("Tests/ObjectStoreTests/Azure/client.py", input: order.compact)
        return try JSONValue(reading: answer.utf8)
    }

    /// Made by it, for a container.
    static func signature(
        of container: String, _ permissions: String, on server: AzureBlob
    ) throws -> SharedAccessSignature {
        let made = try run(
            "sign", on: server, container: container, [.init("blob", "-"), .init("permissions", .string(permissions))])
        return try #require(SharedAccessSignature(made["container"]?.text ?? ""))
    }

    /// On the tests' server, as the owner of the account.
    static func run(
        _ verb: String, on server: AzureBlob, container: String, _ more: [JSONValue.Member] = []
    ) throws -> JSONValue {
        try run(
            .object(
                [
                    .init("verb", .string(verb)), .init("service", .string(server.service.text)),
                    .init("account", .string(server.account)), .init("key", .string(AzureBlob.keyText)),
                    .init("container", .string(container)),
                ] + more))
    }
}

extension JSONValue {
    var text: String? { if case .string(let text) = self { text } else { nil } }

    /// Of an array of them.
    var texts: [String] { if case .array(let elements) = self { elements.compactMap(\.text) } else { [] } }

    /// Of an object.
    var names: [String] { if case .object(let members) = self { members.map(\.name) } else { [] } }
}

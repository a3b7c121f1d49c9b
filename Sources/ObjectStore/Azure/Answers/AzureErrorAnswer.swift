import HTTP
import JSON

/// What an answer that says no has in it, in XML from blobs and in JSON from trees. Answers to HEAD have no body, but all have a
/// header with the word for it; proxies send what they like.
struct AzureErrorAnswer {
    var status: Int
    var code: String?
    var message: String?
    var requestID: String?
    /// When the server answered, as it says.
    var date: String?

    init(_ response: HTTPResponse) {
        status = response.status
        requestID = response.headers["x-ms-request-id"]
        date = response.headers["Date"]
        code = response.headers["x-ms-error-code"]
        if let document = try? JSONValue(reading: response.body)["error"] {
            code = code ?? document["code"]?.text
            message = document["message"]?.text.map(Self.firstLine)
            return
        }
        guard let document = try? XMLLeaves.read(response.body), document.root == "Error" else { return }
        code = code ?? document["Code"]
        message = document["Message"].map(Self.firstLine)
    }

    /// The others are the number of the request and the time, which stand elsewhere.
    private static func firstLine(_ text: String) -> String { String(text.prefix { $0 != "\n" && $0 != "\r\n" }) }

    enum Complaint { case ofIdentity, ofRights }

    /// Who asked is not believed, or may not do it; nothing when the credentials are no matter of it.
    var complaint: Complaint? {
        switch (status, code) {
        case (403, "AuthorizationFailure"), (403, "AuthorizationPermissionMismatch"): .ofRights
        case (401, _), (403, "AuthenticationFailed"): .ofIdentity
        default: nil
        }
    }

    /// The container is not there, rather than something in it.
    var isOfContainer: Bool {
        ["ContainerNotFound", "ContainerBeingDeleted", "ContainerDisabled", "FilesystemNotFound"].contains(code)
    }

    /// A folder was to go, or to be replaced, that is not empty.
    var isOfFullFolder: Bool { code == "DirectoryIsNotEmpty" || code == "DirectoryNotEmpty" }

    /// The folder is not there in which something was to be.
    var lacksParent: Bool { code == "RenameDestinationParentPathNotFound" }
}

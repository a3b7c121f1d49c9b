import HTTP

/// What an answer that says no has in it. Answers to HEAD have no body, but all have a header with the word for it; proxies
/// send what they like.
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
        guard let document = try? XMLLeaves.read(response.body), document.root == "Error" else { return }
        code = code ?? document["Code"]
        // Its other lines are the number of the request and the time, which stand elsewhere.
        message = document["Message"].map { String($0.prefix { $0 != "\n" && $0 != "\r\n" }) }
    }

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
        ["ContainerNotFound", "ContainerBeingDeleted", "ContainerDisabled"].contains(code)
    }
}

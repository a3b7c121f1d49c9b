import HTTP
import JSON
import Platform

/// What an answer that says no has in it: `{"error": {"code": …, "message": …, "errors": [{"reason": …}]}}`, or plain text, as
/// downloads have it, or what a proxy says. The service's name for the request, `X-GUploader-UploadID`, is left out: of an upload
/// it is what allows to go on with it.
struct GCSErrorAnswer {
    var status: Int
    /// GCS's word for what is wrong.
    var reason: String?
    private var message: String?

    init(status: Int, message: String?) {
        self.status = status
        self.message = message
    }

    /// Of `secrets` none is kept: some messages repeat what was sent.
    init(_ response: HTTPResponse, hiding secrets: [String] = []) {
        status = response.status
        if let document = try? JSONValue(reading: response.body) {
            let error = document["error"]
            message = error?["message"]?.text
            if case .array(let errors)? = error?["errors"] { reason = errors.first?["reason"]?.text }
        } else if response.headers["Content-Type"]?.lowercased().hasPrefix("text/plain") == true {
            message = String(decoding: response.body, as: UTF8.self)
        }
        message = message?.hiding(secrets)
    }

    /// What people are shown of it.
    var words: String? {
        guard let message, !message.isEmpty else { return reason?.printable }
        return message.excerpt
    }

    /// A bucket whose readers pay was asked without a project that does, or with one that may not.
    var wantsPayer: Bool {
        reason == "userProjectMissing" || reason == "userProjectAccessDenied"
            || status == 400 && says("requester pays")
    }

    /// What came is not what was announced.
    var isWrongChecksum: Bool { status == 400 && says("match calculated") }

    /// A limit of rates, which is answered as a refusal.
    var isBusy: Bool {
        status == 403 && ["rateLimitExceeded", "userRateLimitExceeded"].contains(reason)
    }

    /// Nothing is there because its bucket is not.
    var isAboutBucket: Bool { status == 404 && says("bucket does not exist") }

    private func says(_ words: String) -> Bool { message?.lowercased().contains(words) == true }
}

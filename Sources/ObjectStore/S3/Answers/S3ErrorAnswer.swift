import HTTP

/// What an answer that says no has in it. Answers to HEAD have no body, and proxies send what they like.
struct S3ErrorAnswer {
    var status: Int
    /// S3's word for what is wrong.
    var code: String?
    var message: String?
    /// Where the bucket is.
    var region: String?
    /// Where the server says to go.
    var endpoint: String?
    var requestID: String?

    private static let longest = 64 * 1024

    init(_ response: HTTPResponse) {
        status = response.status
        requestID = Self.requestID(response.headers)
        region = response.headers["x-amz-bucket-region"]
        guard let document = try? XMLLeaves.read(response.body), document.root == "Error" else { return }
        code = document["Code"]
        message = document["Message"]
        region = region ?? document["Region"]
        endpoint = document["Endpoint"]
        requestID = requestID ?? document["RequestId"]
    }

    /// Both, since AWS asks for both.
    static func requestID(_ headers: HTTPHeaders) -> String? {
        guard let id = headers["x-amz-request-id"] else { return nil }
        return headers["x-amz-id-2"].map { "\(id) \($0)" } ?? id
    }

    /// An operation that takes long says 200 first, and may say then that it failed. Of what is longer than any error, such as
    /// a page of a listing, nobody has to ask.
    static func isHidden(in response: HTTPResponse) -> Bool {
        guard response.status == 200, !response.body.isEmpty, response.body.count <= longest else { return false }
        return (try? XMLLeaves.read(response.body))?.root == "Error"
    }
}

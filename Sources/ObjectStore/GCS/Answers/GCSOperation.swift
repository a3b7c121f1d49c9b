import JSON

/// What the service does in its own time, as its answers describe it: `{"name": "projects/_/buckets/B/operations/ID", "done": …}`,
/// and in the end with `error` or `response`.
struct GCSOperation {
    /// By which the bucket knows it.
    let id: String
    let isDone: Bool
    /// Why it has failed.
    let failure: GCSErrorAnswer?

    /// One that is under way. Names of resources end with the id.
    init?(id name: String) {
        guard let id = name.split(separator: "/").last else { return nil }
        self.id = String(id)
        isDone = false
        failure = nil
    }

    init?(_ document: JSONValue) {
        guard let named = document["name"]?.text.flatMap(GCSOperation.init(id:)) else { return nil }
        id = named.id
        isDone = document["done"] == .boolean(true)
        failure = document["error"].map(GCSErrorAnswer.init(ofOperation:))
    }
}

extension GCSErrorAnswer {
    /// Operations fail with the codes of `google.rpc.Code`, each of which has its HTTP status.
    fileprivate init(ofOperation error: JSONValue) {
        let code = if case .integer(let code)? = error["code"] { code } else { 2 }
        let status = [
            1: 499, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 501, 14: 503, 16: 401,
        ]
        self.init(status: status[code] ?? 500, message: error["message"]?.text)
    }
}

import JSON

/// A folder as documents describe it.
struct GCSFolder {
    /// What is just renaming it, or one that it is in.
    let rename: GCSOperation?

    init(_ document: JSONValue) {
        rename = document["pendingRenameInfo"]?["operationId"]?.text.flatMap(GCSOperation.init(id:))
    }
}

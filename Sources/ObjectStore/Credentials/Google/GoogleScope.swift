/// What a token is for.
enum GoogleScope: String, Sendable {
    /// To read objects, and to write them.
    case storage = "https://www.googleapis.com/auth/devstorage.read_write"
    /// To get tokens of another account.
    case impersonation = "https://www.googleapis.com/auth/iam"
}

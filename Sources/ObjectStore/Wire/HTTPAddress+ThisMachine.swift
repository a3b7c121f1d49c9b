import HTTP

extension HTTPAddress {
    /// Nobody else can listen on the way.
    var isOfThisMachine: Bool {
        host.lowercased() == "localhost" || host == "[::1]" || host.hasPrefix("127.") && isNumeric
    }
}

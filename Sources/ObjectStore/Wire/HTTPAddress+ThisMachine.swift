public import HTTP

extension HTTPAddress {
    /// Nobody else can listen on the way. Names below `localhost` lead to no other machine either (RFC 6761).
    public var isOfThisMachine: Bool {
        let name = host.lowercased()
        return name == "localhost" || name.hasSuffix(".localhost") || host == "[::1]"
            || host.hasPrefix("127.") && isNumeric
    }
}

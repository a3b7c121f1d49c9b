/// An object with other members; what is no object stays as it is.
extension JSONValue {
    /// With another value of a member that it has.
    public func replacing(_ name: String, with value: JSONValue) -> JSONValue {
        changing { $0.map { $0.name == name ? Member(name, value) : $0 } }
    }

    public func adding(_ name: String, _ value: JSONValue) -> JSONValue { changing { $0 + [Member(name, value)] } }

    public func removing(_ names: String...) -> JSONValue { changing { $0.filter { !names.contains($0.name) } } }

    private func changing(_ change: ([Member]) -> [Member]) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(change(members))
    }
}

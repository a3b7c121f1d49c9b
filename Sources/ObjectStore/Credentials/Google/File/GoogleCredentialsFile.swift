import JSON
import Platform

/// A file with Google's credentials, of whatever type. What it throws names the file and the field, never what stands there.
struct GoogleCredentialsFile: Sendable {
    /// For messages: "~/key.json".
    let name: String
    /// Whether the operator has named it, and not a task.
    let isOperators: Bool
    /// Of an object in the file, where it is: "source_credentials.".
    private let prefix: String
    private let members: JSONValue

    init(_ bytes: [UInt8], from name: String, isOperators: Bool) throws(StoreError) {
        do throws(JSONProblem) {
            members = try JSONValue(reading: bytes)
        } catch {
            throw StoreError(.noCredentials, "\(name): it is no JSON: \(error.message) at byte \(error.offset)")
        }
        self.name = name
        self.isOperators = isOperators
        prefix = ""
        guard case .object = members else { throw problem("it is no JSON object") }
    }

    private init(_ members: JSONValue, _ prefix: String, in file: GoogleCredentialsFile) {
        name = file.name
        isOperators = file.isOperators
        self.prefix = prefix
        self.members = members
    }

    func problem(_ what: String) -> StoreError {
        let place = prefix.isEmpty ? name : "\(name): \(prefix.dropLast())"
        return StoreError(.noCredentials, "\(place): \(what)")
    }

    /// A field as messages name it.
    func problem(of field: String, _ what: String) -> StoreError {
        StoreError(.noCredentials, "\(name): \(prefix)\(field) \(what)")
    }

    // MARK: Fields

    func has(_ field: String) -> Bool { value(field) != nil }

    /// Null stands for nothing, as Google's own tools write it.
    private func value(_ field: String) -> JSONValue? {
        if case .null? = members[field] { return .none }
        return members[field]
    }

    func text(_ field: String) throws(StoreError) -> String {
        guard let text = try optionalText(field) else { throw problem(of: field, "is missing") }
        return text
    }

    /// An empty one is none.
    func optionalText(_ field: String) throws(StoreError) -> String? {
        guard let value = value(field) else { return nil }
        guard let text = value.text else { throw problem(of: field, "is no text") }
        return text.isEmpty ? nil : text
    }

    func number(_ field: String, in range: ClosedRange<Int>) throws(StoreError) -> Int? {
        guard let value = value(field) else { return nil }
        guard let number = value.wholeNumber, range.contains(number) else {
            throw problem(of: field, "is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func texts(_ field: String) throws(StoreError) -> [String] {
        guard let value = value(field) else { return [] }
        guard case .array(let elements) = value else { throw problem(of: field, "is no list") }
        let texts = elements.compactMap(\.text)
        guard texts.count == elements.count else { throw problem(of: field, "is no list of texts") }
        return texts
    }

    /// The fields of an object, as they stand there.
    func pairs(_ field: String) throws(StoreError) -> [(name: String, value: String)] {
        guard let value = value(field) else { return [] }
        guard case .object(let members) = value else { throw problem(of: field, "is no object") }
        let pairs = members.compactMap { member in member.value.text.map { (member.name, $0) } }
        guard pairs.count == members.count else { throw problem(of: field, "has something else than texts in it") }
        return pairs
    }

    func object(_ field: String) throws(StoreError) -> GoogleCredentialsFile? {
        guard let value = value(field) else { return nil }
        guard case .object = value else { throw problem(of: field, "is no object") }
        return GoogleCredentialsFile(value, "\(prefix)\(field).", in: self)
    }
}

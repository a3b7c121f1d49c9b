/// How a subject token stands in what a file or a service has: by itself, or in a field of a JSON object.
enum GoogleSubjectFormat: Sendable {
    case text
    case json(field: String)

    init(_ source: GoogleCredentialsFile) throws(StoreError) {
        guard let format = try source.object("format") else {
            self = .text
            return
        }
        switch try format.optionalText("type") {
        case nil, "text": self = .text
        case "json": self = .json(field: try format.text("subject_token_field_name"))
        default: throw format.problem(of: "type", "is neither text nor json")
        }
    }

    /// `place` says where it is, for messages.
    func token(in bytes: [UInt8], _ place: String) throws(StoreError) -> String {
        switch self {
        case .text:
            return try SecretReader.line(bytes, place)
        case .json(let field):
            guard let text = try CredentialAnswer(bytes, of: place)[field] else {
                throw StoreError(.noCredentials, "\(place): there is no text under subject_token_field_name in it")
            }
            return text
        }
    }
}

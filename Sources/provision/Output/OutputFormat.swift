/// What results look like on standard output: for people, one final document, or one event a line as it happens.
enum OutputFormat: String, CaseIterable {
    case text, json, ndjson
}

public import Platform

/// The endpoint that a profile of the AWS configuration file names for S3: `endpoint_url` of the profile's `services`
/// section, else of the profile itself.
public struct AWSProfileEndpoint: Sendable {
    private let sections: [String: [String: String]]
    private let current: String

    public init(_ environment: Environment, home: String) {
        let path = environment.nonEmpty("AWS_CONFIG_FILE") ?? home + "/.aws/config"
        // A file that cannot be read names no endpoint; that it cannot be read is said when credentials are looked for.
        let bytes = (try? FileReading.bytes(of: path, limit: 1 << 20)) ?? []
        self.init(
            text: String(decoding: bytes, as: UTF8.self), current: environment.nonEmpty("AWS_PROFILE") ?? "default")
    }

    init(text: String, current: String) {
        self.current = current
        sections = Self.sections(of: text)
    }

    public func endpoint(of profile: String?) -> String? {
        let name = profile ?? current
        guard let section = sections["profile \(name)"] ?? sections[name] else { return nil }
        let services = section["services"].flatMap { sections["services \($0)"] }
        return services?["s3.endpoint_url"] ?? section["endpoint_url"]
    }

    /// Keys by section; a nested key (`s3 =` with indented lines below) is called `s3.endpoint_url`.
    private static func sections(of text: String) -> [String: [String: String]] {
        var sections: [String: [String: String]] = [:]
        var section = ""
        var parent = ""
        for line in text.split(whereSeparator: \.isNewline) {
            let isNested = line.first == " " || line.first == "\t"
            let line = line.trimmed
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
                section = line.dropFirst().prefix(upTo: end).split(separator: " ").joined(separator: " ")
                parent = ""
            } else if let equals = line.firstIndex(of: "=") {
                let key = String(line[..<equals].trimmed)
                let value = String(line[line.index(after: equals)...].trimmed)
                if !isNested { parent = key }
                sections[section, default: [:]][isNested ? "\(parent).\(key)" : key] = value
            }
        }
        return sections
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let start = drop { $0 == " " || $0 == "\t" }
        guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return start[...last]
    }
}

import Platform
import TaskFile

/// The values of `--env-file` and `--env`, of which the later one counts.
struct VariableOverrides {
    private let settings: Settings
    private let environment: Environment

    init(_ settings: Settings, _ environment: Environment) {
        self.settings = settings
        self.environment = environment
    }

    func values() throws(Failure) -> Variables.Overrides {
        var overrides = Variables.Overrides()
        for file in settings.envFiles {
            for (name, value) in try entries(of: file) { overrides.set(name, to: value) }
        }
        for text in settings.env {
            if let equals = text.firstIndex(of: "=") {
                overrides.set(String(text[..<equals]), to: String(text[text.index(after: equals)...]))
            } else if let value = environment[text] {
                overrides.set(text, to: value)
            } else {
                throw .usage(
                    "\(settings.place(of: .env)): \(text) is not in the environment",
                    hint: "write \(Option.env.flag) \(text)=VALUE, or export it")
            }
        }
        return overrides
    }

    private func entries(of file: String) throws(Failure) -> [(String, String)] {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try FileReading.bytes(of: file, limit: TaskFile.sizeLimit)
        } catch {
            throw Failure(.missingInput, "\(settings.place(of: .envFile)): \(file): \(error.description)")
        }
        let bom: [UInt8] = [0xEF, 0xBB, 0xBF]
        guard let text = String(validating: bytes.starts(with: bom) ? bytes[3...] : bytes[...], as: UTF8.self) else {
            throw Failure(.badConfiguration, "\(file): the file is not UTF-8")
        }
        var entries: [(String, String)] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            if let entry = try entry(line, in: file, number: index + 1) { entries.append(entry) }
        }
        return entries
    }

    /// `NAME=VALUE`, `export NAME=VALUE`, or `NAME` for the environment's value. One pair of quotes around a value is
    /// not part of it. The value never appears in a message.
    private func entry(_ line: Substring, in file: String, number: Int) throws(Failure) -> (String, String)? {
        var line = line.drop { $0 == " " || $0 == "\t" }
        if line.isEmpty || line.hasPrefix("#") { return nil }
        if line.hasPrefix("export ") || line.hasPrefix("export\t") {
            line = line.dropFirst(7).drop { $0 == " " || $0 == "\t" }
        }
        let name = line.prefix { $0 != "=" }.trimmedAtEnd
        guard Variables.isName(name) else {
            throw Failure(
                .badConfiguration, "\(file):\(number): this is no NAME=VALUE",
                hint: "a name has letters, digits and _, and no digit is first")
        }
        guard let equals = line.firstIndex(of: "=") else {
            return environment[String(name)].map { (String(name), $0) }
        }
        let value = line[line.index(after: equals)...].drop { $0 == " " || $0 == "\t" }.trimmedAtEnd
        guard !value.utf8.contains(0) else {
            throw Failure(.badConfiguration, "\(file):\(number): the value contains a NUL character")
        }
        for quote in ["\"", "'"] as [Character] where value.first == quote {
            // Behind the closing quote only a comment may stand.
            guard let end = value.dropFirst().firstIndex(of: quote) else { break }
            let rest = value[value.index(after: end)...].drop { $0 == " " || $0 == "\t" }
            if rest.isEmpty || rest.hasPrefix("#") { return (String(name), String(value.dropFirst()[..<end])) }
        }
        return (String(name), String(value))
    }
}

extension Substring {
    fileprivate var trimmedAtEnd: Substring {
        guard let last = lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return self[...last]
    }
}

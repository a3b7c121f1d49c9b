import Platform

/// One of AWS's two configuration files: sections of keys, and below a key without a value keys of its own.
///
/// It is read as AWS's tools do: names of keys in any case, comments on lines of their own or behind a space, lines that
/// are indented go on with the value before. A section or key that stands there twice: the later one counts, and the
/// sections are put together. A line that cannot be read is kept as a problem of its section; most files have sections
/// that nobody uses.
struct AWSConfigurationFile: Sendable, Equatable {
    struct Section: Sendable, Equatable {
        var values: [String: String] = [:]
        /// Of keys without a value of their own, such as `s3 =`.
        var nested: [String: [String: String]] = [:]
        var problems: [Problem] = []
    }

    struct Problem: Sendable, Equatable {
        var line: Int
        var message: String
    }

    /// By what stands in the brackets, with single spaces and without quotes.
    private(set) var sections: [String: Section] = [:]
    /// Those before the first section, and of section lines.
    private(set) var problems: [Problem] = []

    init() {}

    init(_ bytes: some Sequence<UInt8>) {
        var bytes = Array(bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        var reading = Reading()
        // Ends of lines are LF or CRLF, and the CR is a space at the end.
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            guard let text = String(validating: line, as: UTF8.self), !text.contains("\0") else {
                reading.report("this is not text", index + 1, in: &self)
                continue
            }
            reading.read(text[...], number: index + 1, in: &self)
        }
        reading.endValue(in: &self)
    }

    /// Where the reader is.
    private struct Reading {
        /// Nothing before the first section and below a section line that could not be read.
        var section: String?
        var key: String?
        /// How far the key is indented; whole sections may be.
        var indentation = 0
        /// The lines of the key's value that are indented further.
        var continuation: [(line: Int, text: Substring)] = []

        mutating func read(_ line: Substring, number: Int, in file: inout AWSConfigurationFile) {
            let indentation = line.prefix { $0 == " " || $0 == "\t" }.count
            let text = line.trimmed
            if text.isEmpty || text.hasPrefix("#") || text.hasPrefix(";") { return }
            if key != nil, indentation > self.indentation {
                continuation.append((number, text.withoutComment))
                return
            }
            endValue(in: &file)
            if text.hasPrefix("[") {
                begin(text, number, in: &file)
            } else {
                self.indentation = indentation
                readKey(text, number, in: &file)
            }
        }

        private mutating func begin(_ text: Substring, _ number: Int, in file: inout AWSConfigurationFile) {
            section = nil
            guard let end = text.firstIndex(of: "]") else { return report("`]` is missing", number, in: &file) }
            let rest = text[text.index(after: end)...].trimmed
            guard rest.isEmpty || rest.hasPrefix("#") || rest.hasPrefix(";") else {
                return report("something stands behind `]`", number, in: &file)
            }
            guard let words = splitIntoWords(String(text[..<end].dropFirst())), !words.isEmpty else {
                return report("the section has no name", number, in: &file)
            }
            let name = words.joined(separator: " ")
            section = name
            file.sections[name] = file.sections[name] ?? Section()
        }

        private mutating func readKey(_ text: Substring, _ number: Int, in file: inout AWSConfigurationFile) {
            guard let sign = text.firstIndex(where: { $0 == "=" || $0 == ":" }), sign != text.startIndex else {
                return report("there is no `KEY = VALUE`", number, in: &file)
            }
            guard let section else {
                return report("the line stands in no section that could be read", number, in: &file)
            }
            let name = text[..<sign].trimmed.lowercased()
            let value = String(text[text.index(after: sign)...].withoutComment)
            key = name
            file.sections[section]?.values[name] = value
            file.sections[section]?.nested[name] = nil
        }

        /// A value that goes on over several lines, or keys below a key.
        mutating func endValue(in file: inout AWSConfigurationFile) {
            defer {
                key = nil
                continuation = []
            }
            guard let section, let key, !continuation.isEmpty else { return }
            guard file.sections[section]?.values[key]?.isEmpty ?? false else {
                file.sections[section]?.values[key]? += continuation.map { "\n" + $0.text }.joined()
                return
            }
            var nested: [String: String] = [:]
            for (line, text) in continuation {
                guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
                    report("there is no `KEY = VALUE` below `\(key)`", line, in: &file)
                    continue
                }
                nested[text[..<sign].trimmed.lowercased()] = String(text[text.index(after: sign)...].trimmed)
            }
            file.sections[section]?.nested[key] = nested
        }

        func report(_ message: String, _ line: Int, in file: inout AWSConfigurationFile) {
            let problem = Problem(line: line, message: message)
            guard let section else { return file.problems.append(problem) }
            file.sections[section]?.problems.append(problem)
        }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let isSpace = { (character: Character) in character.isWhitespace }
        let start = drop(while: isSpace)
        guard let last = start.lastIndex(where: { !isSpace($0) }) else { return start }
        return start[...last]
    }

    /// The value before ` #` or ` ;`. Without the space they belong to it, as in many secrets.
    fileprivate var withoutComment: Substring {
        var previous: Character?
        for index in indices {
            let character = self[index]
            if character == "#" || character == ";", previous?.isWhitespace ?? false { return self[..<index].trimmed }
            previous = character
        }
        return trimmed
    }
}

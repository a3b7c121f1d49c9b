import Platform

/// What stands behind an option's name, and how it is read.
enum OptionArgument {
    /// On or off. `--name=false` takes back what the environment or the configuration switched on.
    case flag
    /// Asks for a verb instead of the one that was named.
    case request(Verb)
    case text(String)
    case file(String)
    case directory(String)
    case integer(String, in: ClosedRange<Int>)
    case size
    case duration
    case choice([String])
    /// `NAME=VALUE`, or `NAME` whose value is in the environment.
    case variable

    /// How help shows the value; absent when there is none.
    var placeholder: String? {
        switch self {
        case .flag, .request: nil
        case .text(let name), .file(let name), .directory(let name), .integer(let name, _): name
        case .size: "SIZE"
        case .duration: "D"
        case .choice(let words): words.joined(separator: "|")
        case .variable: "NAME[=VALUE]"
        }
    }

    /// What a text is not when it cannot be read as the value, and how to write it.
    struct Misfit: Error {
        let complaint: String
        let hint: String?
    }

    func read(_ text: String) throws(Misfit) -> OptionValue {
        guard !text.isEmpty else { throw Misfit(complaint: "the value is empty", hint: nil) }
        switch self {
        case .flag, .request:
            if let isOn = Self.switches[text.lowercased()] { return .flag(isOn) }
            throw Misfit(
                complaint: "\(text.shown) is neither on nor off", hint: "write 1, true, yes or on; 0, false, no or off")
        case .text, .file, .directory:
            return .text(text)
        case .integer(_, let range):
            // Digits alone: a sign or a point would be read by some tools and refused by others.
            if text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text), range.contains(number) {
                return .integer(number)
            }
            let end = range.upperBound == .max ? "on" : "to \(range.upperBound)"
            throw Misfit(
                complaint: "\(text.shown) is not a whole number from \(range.lowerBound) \(end)", hint: nil)
        case .size:
            if let size = ByteSize(text), size.bytes > 0 { return .size(size) }
            throw Misfit(
                complaint: "\(text.shown) is not a size above 0", hint: "a size is \(ByteSize.acceptedForms)")
        case .duration:
            if let span = TimeSpan(text) { return .duration(span) }
            throw Misfit(complaint: "\(text.shown) is not a duration", hint: "a duration is \(TimeSpan.acceptedForms)")
        case .choice(let words):
            if words.contains(text) { return .text(text) }
            throw Misfit(
                complaint: "\(text.shown) is not one of \(words.joined(separator: ", "))",
                hint: nearestName(to: text, among: words).map { "did you mean \($0)?" })
        case .variable:
            if Self.isVariableName(text.prefix { $0 != "=" }) { return .text(text) }
            // Whatever this is, it may be the secret itself: nothing of it is shown.
            throw Misfit(
                complaint: "the name of a variable consists of letters, digits and _, and no digit is first",
                hint: "write NAME=VALUE, or NAME for its value in the environment")
        }
    }

    private static let switches = [
        "1": true, "true": true, "yes": true, "on": true, "0": false, "false": false, "no": false, "off": false,
    ]

    private static func isVariableName(_ name: Substring) -> Bool {
        guard let first = name.first, first == "_" || first.isLetter else { return false }
        return name.allSatisfy { $0.isASCII && ($0 == "_" || $0.isLetter || $0.isNumber) }
    }
}

enum OptionValue: Sendable, Equatable {
    case flag(Bool)
    case text(String)
    case integer(Int)
    case size(ByteSize)
    case duration(TimeSpan)
}

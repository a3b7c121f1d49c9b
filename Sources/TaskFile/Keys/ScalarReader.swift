import Platform

/// Reads one scalar as its key's shape wants it.
struct ScalarReader {
    let diagnostics: Diagnostics
    let node: YAMLNode
    let scalar: YAMLScalar
    let path: String

    func value(_ shape: ValueShape) -> Value? {
        switch shape {
        case .text: text().map(Value.text)
        case .boolean: boolean()
        case .integer(let range): integer(range)
        case .size(let range): size(range)
        case .duration(let least): duration(atLeast: least)
        case .rcloneSize: rclone(RcloneNotation.bytes(scalar.text), shape)
        case .rcloneDuration: rclone(RcloneNotation.milliseconds(scalar.text), shape)
        case .choice(let words, let anyCase): choice(words, anyCase: anyCase)
        case .permissions: permissions()
        case .absolutePath: absolutePath()
        case .identifier: identifier()
        case .glob: glob()
        case .list, .headers, .mapping, .secret, .either: wrongType(shape)
        }
    }

    private func wrongType(_ shape: ValueShape, hint: String? = nil) -> Value? {
        diagnostics.error(
            .badType, "expected \(shape.expectation), found \(scalar.type.name)", hint: hint, at: node.position, path)
        return nil
    }

    private func bad(_ message: String, hint: String? = nil) {
        diagnostics.error(.badValue, message, hint: hint, at: node.position, path)
    }

    private func text(_ shape: ValueShape = .text) -> Text? {
        guard scalar.type == .string || scalar.isFromVariable else {
            _ = wrongType(shape, hint: scalar.type == .null ? nil : "put it into quotes if it is meant as text")
            return nil
        }
        guard !scalar.text.isEmpty else {
            bad("the value is empty")
            return nil
        }
        guard !scalar.text.utf8.contains(0) else {
            bad("the value contains a NUL character")
            return nil
        }
        return Text(scalar.text, shown: scalar.shown)
    }

    private func boolean() -> Value? {
        if case .boolean(let flag) = scalar.type { return .boolean(flag) }
        switch scalar.text.lowercased() {
        case "yes", "on", "y", "true":
            return wrongType(.boolean, hint: "write true, without quotes (in YAML 1.2 yes and on are strings)")
        case "no", "off", "n", "false":
            return wrongType(.boolean, hint: "write false, without quotes (in YAML 1.2 no and off are strings)")
        default: return wrongType(.boolean)
        }
    }

    private func integer(_ range: ClosedRange<Int>) -> Value? {
        guard case .integer(let number) = scalar.type else {
            return wrongType(.integer(range), hint: Int(scalar.text) == nil ? nil : "write it without quotes")
        }
        guard range.contains(number) else {
            bad("\(scalar.shown) is out of range", hint: "allowed: \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return .integer(number)
    }

    private func size(_ range: ClosedRange<Int>) -> Value? {
        let bytes: Int
        switch scalar.type {
        case .integer(let number): bytes = number
        case .string:
            guard let size = ByteSize(scalar.text) else {
                bad("`\(scalar.shown)` is not a size", hint: "accepted: \(ByteSize.acceptedForms)")
                return nil
            }
            bytes = size.bytes
        case .float: return wrongType(.size(range), hint: "whole numbers only: 1536M rather than 1.5G")
        case .null, .boolean: return wrongType(.size(range))
        }
        guard range.contains(bytes) else {
            let least = ByteSize(bytes: range.lowerBound)
            bad(
                "\(scalar.shown) is out of range",
                hint: range.upperBound == Int.max
                    ? "at least \(least)" : "allowed: \(least) to \(ByteSize(bytes: range.upperBound))")
            return nil
        }
        return .integer(bytes)
    }

    private func duration(atLeast least: Int) -> Value? {
        switch scalar.type {
        case .null, .boolean: return wrongType(.duration(atLeast: least))
        case .string, .integer, .float: break
        }
        guard let span = TimeSpan(scalar.text) else {
            bad("`\(scalar.shown)` is not a duration", hint: "accepted: \(TimeSpan.acceptedForms)")
            return nil
        }
        guard span.milliseconds >= least else {
            bad("\(scalar.shown) is too short", hint: "at least \(TimeSpan(milliseconds: least))")
            return nil
        }
        return .integer(span.milliseconds)
    }

    private func rclone(_ number: Int?, _ shape: ValueShape) -> Value? {
        switch scalar.type {
        case .null, .boolean: return wrongType(shape)
        case .string, .integer, .float: break
        }
        guard let number else {
            bad("`\(scalar.shown)` is not \(shape.expectation)", hint: "as rclone writes it: 32M, 10G; 30s, 1h30m, 7d")
            return nil
        }
        return .integer(number)
    }

    private func choice(_ words: [String], anyCase: Bool) -> Value? {
        guard let text = text(.choice(words, anyCase: anyCase)) else { return nil }
        let match = words.first { word in
            anyCase ? word.lowercased() == text.value.lowercased() : word == text.value
        }
        if let match { return .text(Text(match)) }
        let near = nearestName(to: text.value, among: words).map { "did you mean `\($0)`? " } ?? ""
        bad("`\(text.shown)` is not allowed here", hint: near + "allowed: \(words.joined(separator: ", "))")
        return nil
    }

    /// The digits as written, quoted or not, are octal: `0755` in YAML 1.2 is the number 755, which nobody means.
    private func permissions() -> Value? {
        switch scalar.type {
        case .string, .integer: break
        case .null, .boolean, .float: return wrongType(.permissions)
        }
        let digits = scalar.text.hasPrefix("0o") ? scalar.text.dropFirst(2) : scalar.text[...]
        let isOctal = !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x37).contains($0) }
        guard isOctal, let mode = Int(digits, radix: 8), mode <= 0o777 else {
            bad("`\(scalar.shown)` is no file mode", hint: "octal permission bits, 0 to 0777, such as 0644")
            return nil
        }
        return .integer(mode)
    }

    private func absolutePath() -> Value? {
        guard let text = text(.absolutePath) else { return nil }
        guard text.value.hasPrefix("/") || text.value.hasPrefix("~/") || text.value == "~" else {
            bad("`\(text.shown)` is a relative path", hint: "begin it with / or ~/")
            return nil
        }
        return .text(text)
    }

    private func identifier() -> Value? {
        guard let text = text(.identifier) else { return nil }
        let isPlain = text.value.utf8.allSatisfy { Variables.isNameByte($0) || $0 == 0x2E || $0 == 0x2D }
        guard isPlain, text.value.utf8.count <= 128, !text.value.hasPrefix(".") else {
            bad("`\(text.shown)` is no name", hint: "letters, digits, `.`, `_` and `-`, not beginning with a dot")
            return nil
        }
        return .text(text)
    }

    private func glob() -> Value? {
        guard let text = text(.glob) else { return nil }
        guard !text.value.hasPrefix("/") else {
            bad("`\(text.shown)` is absolute", hint: "globs are relative to the source: leave out the first slash")
            return nil
        }
        return .text(text)
    }
}

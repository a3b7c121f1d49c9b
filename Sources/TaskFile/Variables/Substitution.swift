import Platform

/// Replaces variables in one scalar: `$NAME`, `${NAME}`, `${NAME:-text}`, `${NAME:?message}` and `$$`.
struct Substitution {
    struct Failure: Error {
        var code: DiagnosticCode
        var message: String
        var hint: String?
    }

    private let variables: Variables
    private let givesHints: Bool
    private var text: Substring
    private var result = ""
    private var shown = ""
    /// Whether a variable was there at all; `$$` is none.
    private var usedVariable = false

    /// Variables that have no value; the rest of the text is looked at all the same.
    private var failures: [Failure] = []

    /// The scalar with its variables replaced, or itself when it has none. With failures it is marked as broken.
    static func apply(
        to scalar: YAMLScalar, _ variables: Variables, hints: Bool = true
    ) -> (YAMLScalar, [Failure]) {
        guard scalar.text.utf8.contains(UInt8(ascii: "$")) else { return (scalar, []) }
        var substitution = Substitution(variables: variables, text: scalar.text[...], givesHints: hints)
        do throws(Failure) {
            try substitution.run(untilBrace: false, depth: 0)
        } catch {
            substitution.failures.append(error)
        }
        var replaced = scalar
        guard substitution.failures.isEmpty else {
            replaced.isBroken = true
            return (replaced, substitution.failures)
        }
        replaced.text = substitution.result
        replaced.shown = substitution.shown
        // What came out of a variable is typed as if it had been written there: "${N}" needs its quotes inside { }.
        replaced.isPlain = scalar.isPlain || substitution.usedVariable
        replaced.isFromVariable = substitution.usedVariable
        return (replaced, [])
    }

    private init(variables: Variables, text: Substring, givesHints: Bool) {
        self.variables = variables
        self.givesHints = givesHints
        self.text = text
    }

    private mutating func run(untilBrace: Bool, depth: Int) throws(Failure) {
        guard depth < 16 else { throw Failure(code: .badValue, message: "${…} nested too deeply") }
        while let character = text.unicodeScalars.first {
            if untilBrace && character == "}" { return }
            text.unicodeScalars.removeFirst()
            if character == "$" {
                try replaceNext(depth: depth)
            } else {
                append(character)
            }
        }
        if untilBrace { throw unclosed }
    }

    private mutating func append(_ character: Unicode.Scalar) {
        result.unicodeScalars.append(character)
        shown.unicodeScalars.append(character)
    }

    /// Right behind a `$`.
    private mutating func replaceNext(depth: Int) throws(Failure) {
        switch text.unicodeScalars.first {
        case "$":
            text.unicodeScalars.removeFirst()
            append("$")
        case "{":
            text.unicodeScalars.removeFirst()
            try replaceBraced(depth: depth)
        case let next? where next.isASCII && Variables.isName(String(next)):
            let name = takeName()
            append(variables[name], of: name)
        default: append("$")
        }
    }

    private mutating func replaceBraced(depth: Int) throws(Failure) {
        let name = takeName()
        guard Variables.isName(name) else {
            throw Failure(
                code: .badValue, message: "${ must be followed by the name of a variable",
                hint: "letters, digits and _, not beginning with a digit; write $$ for a plain $")
        }
        if text.hasPrefix("}") {
            text.removeFirst()
            return append(variables[name], of: name)
        }
        if text.hasPrefix(":-") {
            text.removeFirst(2)
            let fallback = try takeWord(depth: depth)
            if let value = variables[name], !value.text.isEmpty { return append(value, of: name) }
            usedVariable = true
            result += fallback.result
            shown += fallback.shown
            return
        }
        if text.hasPrefix(":?") {
            text.removeFirst(2)
            guard let end = text.firstIndex(of: "}") else { throw unclosed }
            let message = text[..<end]
            text = text[text.index(after: end)...]
            if let value = variables[name], !value.text.isEmpty { return append(value, of: name) }
            failures.append(
                Failure(
                    code: .requiredVariable,
                    message: message.isEmpty ? "variable \(name) must be set" : "\(name): \(message)",
                    hint: hint(for: name)))
            return
        }
        guard !text.isEmpty else { throw unclosed }
        throw Failure(
            code: .badValue, message: "${\(name)… is not closed, or has an operator other than :- and :?",
            hint: "known forms: ${X}  ${X:-default}  ${X:?message}")
    }

    /// The text up to the closing brace, which is taken too, with its own variables replaced.
    private mutating func takeWord(depth: Int) throws(Failure) -> (result: String, shown: String) {
        var word = Substitution(variables: variables, text: text, givesHints: givesHints)
        try word.run(untilBrace: true, depth: depth + 1)
        failures += word.failures
        text = word.text.dropFirst()
        return (word.result, word.shown)
    }

    private mutating func takeName() -> String {
        let name = text.utf8.prefix(while: Variables.isNameByte)
        text = text[name.endIndex...]
        return String(name) ?? ""
    }

    private mutating func append(_ value: Variables.Value?, of name: String) {
        usedVariable = true
        guard let value else { return failures.append(undefined(name)) }
        result += value.text
        shown += value.isSecret ? "***" : value.text
    }

    private var unclosed: Failure {
        Failure(code: .badValue, message: "${ is not closed by }", hint: "write $$ for a plain $")
    }

    private func undefined(_ name: String) -> Failure {
        let reason =
            variables.isDeclaredWithoutValue(name)
            ? "has no value: it is null and not in the environment" : "is not defined"
        return Failure(code: .undefinedVariable, message: "variable \(name) \(reason)", hint: hint(for: name))
    }

    private func hint(for name: String) -> String {
        if variables.isDeclaredWithoutValue(name) { return "export \(name)=…, or pass --env \(name)=VALUE" }
        if givesHints, let near = nearestName(to: name, among: variables.names) { return "did you mean \(near)?" }
        return "add it to envs:, or pass --env \(name)=VALUE"
    }
}

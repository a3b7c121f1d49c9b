import Platform

enum ColorChoice: String, CaseIterable {
    case auto, always, never
}

/// Marks up text for people, or leaves it alone when it does not go to a terminal.
struct TerminalStyle {
    let isColored: Bool

    static let plain = TerminalStyle(isColored: false)

    init(isColored: Bool) {
        self.isColored = isColored
    }

    /// Only `auto` looks around: who asks for `always` or `never` knows better.
    init(_ choice: ColorChoice, environment: Environment, isTerminal: Bool) {
        switch choice {
        case .always: isColored = true
        case .never: isColored = false
        case .auto:
            isColored = isTerminal && environment.nonEmpty("NO_COLOR") == nil && environment["TERM"] != "dumb"
        }
    }

    func bold(_ text: String) -> String { mark(text, "1") }
    func dim(_ text: String) -> String { mark(text, "2") }
    func red(_ text: String) -> String { mark(text, "31") }
    func green(_ text: String) -> String { mark(text, "32") }
    func yellow(_ text: String) -> String { mark(text, "33") }

    private func mark(_ text: String, _ code: String) -> String {
        isColored && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

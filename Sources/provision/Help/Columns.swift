/// Two columns of help: names on the left, what they mean on the right, wrapped to a terminal of 80.
struct Columns {
    let rows: [(name: String, meaning: String)]

    private static let width = 80
    private static let widestName = 26

    func text(_ style: TerminalStyle) -> String {
        let left = min(Self.widestName, rows.map(\.name.count).max() ?? 0)
        let margin = String(repeating: " ", count: left + 4)
        var text = ""
        for row in rows {
            let padding = String(repeating: " ", count: max(0, left - row.name.count))
            // A long name has its line to itself.
            let head = "  " + style.bold(row.name) + (row.name.count > left ? "\n" + margin : padding + "  ")
            let lines = row.meaning.wrapped(to: Self.width - margin.count)
            text += head + lines.joined(separator: "\n" + margin) + "\n"
        }
        return text
    }
}

extension String {
    /// Lines of whole words; a word longer than the width stands alone.
    func wrapped(to width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + (line.isEmpty ? [] : [line])
    }
}

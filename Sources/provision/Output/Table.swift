/// Columns that line up, the last one as long as it likes.
struct Table {
    let header: [String]
    let rows: [[String]]

    func text(_ style: TerminalStyle) -> String {
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            let padded = cells.enumerated().map { column, cell in
                column == cells.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }
            return "  " + padded.joined(separator: "  ")
        }
        return ([style.dim(line(header))] + rows.map(line)).joined(separator: "\n") + "\n"
    }
}

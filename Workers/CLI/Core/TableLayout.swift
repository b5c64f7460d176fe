/// Lays rows of text out in columns. Pure: what is known about the terminal comes in.
struct TableLayout {
    /// How the cells of a column line up.
    enum Alignment {
        case left, right
    }

    /// Between two columns.
    static let gap = 2
    /// No column is cut below this, as long as the terminal has room for it.
    static let narrowest = 3

    let widths: [Int]
    private let alignments: [Alignment]
    private let limit: Int?

    /// - Parameters:
    ///   - cells: rows of harmless texts, the header among them.
    ///   - limit: the columns of the terminal; nothing is cut when `nil`.
    init(_ cells: [[String]], _ alignments: [Alignment], within limit: Int?) {
        let natural = alignments.indices.map { column in cells.map { TextWidth.of($0[column]) }.max() ?? 0 }
        widths = Self.fitted(natural, within: limit)
        self.alignments = alignments
        self.limit = limit
    }

    /// One row as a line, without what would hang over the edge. A cell is decorated after it was cut and padded.
    func line(_ row: [String], decorated: (Int, String) -> String) -> String {
        var text = ""
        var used = 0
        for (column, cell) in row.enumerated() {
            let room = limit.map { min(widths[column], $0 - used) } ?? widths[column]
            guard room > 0 else { break }
            let shown = TextWidth.fitted(cell, to: room)
            let padding = String(repeating: " ", count: room - TextWidth.of(shown))
            let isLast = column == row.count - 1
            let painted = decorated(column, shown)
            text += alignments[column] == .right ? padding + painted : painted + (isLast ? "" : padding)
            used += widths[column] + Self.gap
            if !isLast, limit.map({ used < $0 }) ?? true { text += String(repeating: " ", count: Self.gap) }
        }
        return text
    }

    /// Takes from the widest column until the row fits.
    static func fitted(_ natural: [Int], within limit: Int?) -> [Int] {
        guard let limit else { return natural }
        var widths = natural
        while true {
            let excess = widths.reduce(0, +) + gap * max(0, widths.count - 1) - limit
            guard excess > 0, let widest = widths.max(), widest > narrowest else { return widths }
            let column = widths.lastIndex(of: widest)!
            let next = widths.filter { $0 < widest }.max() ?? 0
            let isAlone = widths.count { $0 == widest } == 1
            widths[column] = max(narrowest, widest - excess, isAlone ? next : widest - 1)
        }
    }
}

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
    /// A UUID: what of an id is not cut as long as anything else can be.
    static let identity = 36
    /// What is left of any other column before one is left out for it.
    static let readable = 12
    /// No cell makes the others of its column wider than this where nothing is cut.
    static let widest = 64
    /// The columns that make room for an id, the first of them first. All of them are in `-o json`.
    static let expendable = ["key", "lastRun", "tenant", "finished", "attempt", "attempts"]

    let widths: [Int]
    private let alignments: [Alignment]
    private let limit: Int?

    /// - Parameters:
    ///   - cells: rows of harmless texts, the header among them.
    ///   - limit: the columns of the terminal; nothing is cut when `nil`.
    ///   - kept: the column of ids, which is cut last.
    init(_ cells: [[String]], _ alignments: [Alignment], within limit: Int?, keeping kept: Int? = nil) {
        let natural = Self.natural(cells, alignments.count)
        widths =
            limit == nil ? natural.map { min($0, Self.widest) } : Self.fitted(natural, within: limit, keeping: kept)
        self.alignments = alignments
        self.limit = limit
    }

    /// The width of each column's widest cell.
    static func natural(_ cells: [[String]], _ count: Int) -> [Int] {
        (0..<count).map { column in cells.map { TextWidth.of($0[column]) }.max() ?? 0 }
    }

    /// One row as a line, without what would hang over the edge. A cell is decorated after it was cut and padded.
    func line(_ row: [String], decorated: (Int, String) -> String) -> String {
        var text = ""
        var used = 0
        for (column, cell) in row.enumerated() {
            let room = limit.map { min(widths[column], $0 - used) } ?? max(widths[column], TextWidth.of(cell))
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

    /// The columns that are shown: where ids would be cut, others are left out.
    static func kept(_ names: [String], _ natural: [Int], within limit: Int?) -> [Int] {
        var kept = Array(names.indices)
        guard let limit, let id = names.firstIndex(of: "id") else { return kept }
        for name in expendable {
            let room = kept.map { column in
                column == id
                    ? min(natural[column], identity)
                    : names[column] == "key" ? natural[column] : min(natural[column], readable)
            }
            guard room.reduce(0, +) + gap * (kept.count - 1) > limit else { break }
            kept.removeAll { names[$0] == name }
        }
        return kept
    }

    /// Takes from the widest column until the row fits; from the kept one when there is no other left.
    static func fitted(_ natural: [Int], within limit: Int?, keeping kept: Int? = nil) -> [Int] {
        guard let limit else { return natural }
        var widths = natural
        while true {
            let excess = widths.reduce(0, +) + gap * max(0, widths.count - 1) - limit
            guard excess > 0 else { return widths }
            let cuttable = widths.indices.filter { widths[$0] > floor(of: $0, natural, kept) }
            guard let column = cuttable.max(by: { widths[$0] <= widths[$1] }) else { break }
            let widest = widths[column]
            let next = cuttable.map { widths[$0] }.filter { $0 < widest }.max() ?? 0
            let isAlone = cuttable.count { widths[$0] == widest } == 1
            widths[column] = max(floor(of: column, natural, kept), widest - excess, isAlone ? next : widest - 1)
        }
        return kept == nil ? widths : fitted(widths, within: limit)
    }

    private static func floor(of column: Int, _ natural: [Int], _ kept: Int?) -> Int {
        column == kept ? max(narrowest, min(natural[column], identity)) : narrowest
    }
}

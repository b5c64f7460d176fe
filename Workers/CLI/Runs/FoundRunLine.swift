import Contracts
import Runtime

/// A line of what a run did: see `run_event`.
struct FoundRunLine: Hashable, Sendable {
    /// From 1, without gaps, whoever had the run.
    let number: Int
    let at: Timestamp
    /// A server's address, a domain; empty for the whole run.
    let place: String
    let step: String
    /// `started`, `ok`, `changed`, `skipped`, `failed`, `unreachable` or `note`.
    let state: String
    let text: String
    /// Of the holder that wrote it.
    var fence = 1

    static let columns = ["number", "at", "place", "step", "state", "text", "fence"]

    /// The cells under ``columns``.
    var cells: [Cell] {
        [
            .number(number), .time(at), .text(place), .text(step), .text(state), .text(text), .number(fence),
        ]
    }

    /// The line for people: time, place, state, step, text. It is never cut, and cannot command the terminal.
    func text(painted: (String) -> String) -> String {
        let time = FoundLine.rfc3339(at.nanoseconds, digits: 3)
        let state = painted(TextWidth.harmless(state))
        let line = "\(time) \(place.isEmpty ? "-" : TextWidth.harmless(place)) \(state) \(TextWidth.harmless(step))"
        return text.isEmpty ? line : "\(line): \(TextWidth.harmless(text))"
    }

    /// Prints lines, all that there are or the next ones.
    static func print(_ lines: [FoundRunLine], _ output: Output) {
        guard output.format == .table else { return output.rows(columns, lines.map(\.cells)) }
        let texts = lines.map { line in line.text { output.painted($0, in: "state") } }
        if !texts.isEmpty { output.line(texts.joined(separator: "\n")) }
    }
}

extension FoundRunLine {
    /// The next lines of a run behind a number, in order.
    static func next(
        _ key: UniqueID, after number: Int, limit: Int, _ database: Postgres.Connection
    ) throws(PostgresError) -> [FoundRunLine] {
        let rows = try database.query(
            """
            SELECT number, at, place, step, state, text, fence FROM run_event
            WHERE key = \(key) AND number > \(Int32(clamping: number)) ORDER BY number LIMIT \(Int64(limit))
            """)
        var lines: [FoundRunLine] = []
        lines.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            lines.append(
                FoundRunLine(
                    number: try rows.get(row, 0), at: try rows.get(row, 1), place: try rows.get(row, 2),
                    step: try rows.get(row, 3), state: try rows.get(row, 4), text: try rows.get(row, 5),
                    fence: try rows.get(row, 6)))
        }
        return lines
    }

    /// The number of the last line there is; 0 when there is none.
    static func last(_ key: UniqueID, _ database: Postgres.Connection) throws(PostgresError) -> Int {
        try database.query("SELECT coalesce(max(number), 0) FROM run_event WHERE key = \(key)").get(0, 0)
    }
}

import Contracts
import Runtime

/// A line as it is shown.
struct FoundLine {
    /// When it was written, in nanoseconds since 1970 UTC.
    let time: Int64
    /// The chunk that it lies in, and its place in it: lines of equal times keep this order.
    let chunk: Int64
    let place: Int64
    let level: LogSeverity
    let line: String
    let metadata: String?
    let labels: String
    let host: String?
    let service: String?

    /// What every format but the table prints.
    static let columns = ["time", "host", "service", "level", "line", "labels", "metadata"]

    /// The columns of a statement that ``init(_:_:)`` reads, of `e`, `c` and `s`.
    static let lineColumns = "e.at, c.id, e.place, e.level, e.line, e.metadata"
    static let labelColumns = "s.labels::text, s.labels->>'host', s.labels->>'service_name'"
    /// The lines of `c` as `e`.
    static let unnested = """
        unnest(c.at, c.level, c.lines, c.metadata) WITH ORDINALITY AS e (at, level, line, metadata, place)
        """

    /// Reads a row of ``lineColumns`` and ``labelColumns``.
    init(_ rows: Rows, _ row: Int) throws(PostgresError) {
        time = try rows.get(row, 0)
        chunk = try rows.get(row, 1)
        place = try rows.get(row, 2)
        level = try rows.get(row, 3)
        line = try rows.get(row, 4)
        metadata = try rows.get(row, 5)
        labels = try rows.get(row, 6)
        host = try rows.get(row, 7)
        service = try rows.get(row, 8)
    }

    init(time: Int64, level: LogSeverity, line: String, host: String?, service: String?) {
        (self.time, self.level, self.line, self.host, self.service) = (time, level, line, host, service)
        (chunk, place, metadata, labels) = (0, 0, nil, "{}")
    }

    /// Every row of a result.
    static func all(_ rows: Rows) throws(PostgresError) -> [FoundLine] {
        var found: [FoundLine] = []
        found.reserveCapacity(rows.count)
        for row in 0..<rows.count { found.append(try FoundLine(rows, row)) }
        return found
    }

    /// Whether it comes before another.
    static func isBefore(_ left: FoundLine, _ right: FoundLine) -> Bool {
        (left.time, left.chunk, left.place) < (right.time, right.chunk, right.place)
    }

    /// The cells under ``columns``.
    var cells: [Cell] {
        [
            .text(Self.rfc3339(time, digits: 9)), host.map { .text($0) } ?? .none, service.map { .text($0) } ?? .none,
            .text(level.rawValue), .text(line), .json(Array(labels.utf8)),
            metadata.map { .json(Array($0.utf8)) } ?? .none,
        ]
    }

    /// The line for people: time, host, service, level, text. It is never cut, and cannot command the terminal.
    func text(in output: Output) -> String {
        let words = [
            Self.rfc3339(time, digits: 3), host ?? "-", service ?? "-", output.painted(level.rawValue, in: "level"),
        ]
        let safe = words.enumerated().map { $0.offset == 3 ? $0.element : TextWidth.harmless($0.element) }
        return (safe + [TextWidth.harmless(line)]).joined(separator: " ")
    }

    /// Prints lines, all that there are or the next ones.
    static func print(_ lines: [FoundLine], _ output: Output) {
        guard output.format == .table else { return output.rows(columns, lines.map(\.cells)) }
        if !lines.isEmpty { output.line(lines.map { $0.text(in: output) }.joined(separator: "\n")) }
    }

    /// RFC 3339 with so many digits of a second.
    static func rfc3339(_ nanoseconds: Int64, digits: Int) -> String {
        let second: Int64 = 1_000_000_000
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: second)
        let seconds = rest < 0 ? whole - 1 : whole
        let fraction = String(rest < 0 ? rest + second : rest)
        let padded = String(repeating: "0", count: 9 - fraction.count) + fraction
        return "\(Timestamp(microseconds: seconds * 1_000_000).rfc3339.prefix(19)).\(padded.prefix(digits))Z"
    }
}

import Contracts
import Runtime

/// How much arrived, by level or by labels. Reads counters and no line, so that it costs the same whatever the lines.
struct LogStatistics {
    let filter: LogFilter
    /// Names of labels, or `level`.
    let names: [String]
    let since: Timestamp
    let until: Timestamp
    let limit: Int

    /// What is told apart when nothing is said.
    static let usual = ["host", "service", LogSelector.level]

    /// The names that `--by` gives: repeated, or with commas.
    static func names(_ said: [String]) throws(Failure) -> [String] {
        var names: [String] = []
        for name in said.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }).map(String.init) {
            guard LogSelector.isName(name), name != "entries", name != "bytes" else {
                throw Failure(.usage, "--by takes the name of a label, or level, not `\(name)`")
            }
            if !names.contains(name) { names.append(name) }
        }
        return names.isEmpty ? usual : names
    }

    var columns: [String] { names + ["entries", "bytes"] }

    /// What was counted in every hour that the range touches.
    var statement: SQL {
        var sql = SQL.StringInterpolation(literalCapacity: 500, interpolationCount: 12)
        sql.appendLiteral("SELECT ")
        for name in names {
            if name == LogSelector.level {
                sql.appendLiteral("c.level, ")
            } else {
                LogFilter.append("s.labels->>", LogSelector.label(of: name), ", ", to: &sql)
            }
        }
        sql.appendLiteral("sum(c.entries)::bigint AS entries, sum(c.bytes)::bigint AS bytes FROM log_count c")
        sql.appendLiteral(" JOIN log_stream s ON s.id = c.stream WHERE ")
        filter.appendStream(to: &sql)
        LogFilter.appendDays(from: since, to: until, to: &sql)
        sql.appendLiteral(" AND c.day + make_interval(hours => c.hour)")
        LogFilter.append(" >= date_trunc('hour', ", since, " AT TIME ZONE 'UTC')", to: &sql)
        LogFilter.append(" AND c.day + make_interval(hours => c.hour) < ", until, " AT TIME ZONE 'UTC'", to: &sql)
        if let levels = filter.levels {
            LogFilter.append(" AND c.level = ANY(", levels.sorted { $0.letter < $1.letter }, ")", to: &sql)
        }
        let places = names.indices.map { String($0 + 1) }.joined(separator: ", ")
        sql.appendLiteral(" GROUP BY \(places) ORDER BY entries DESC, \(places)")
        LogFilter.append(" LIMIT ", Int64(limit), "", to: &sql)
        return SQL(stringInterpolation: sql)
    }

    /// A row as it is shown.
    func cells(_ rows: Rows, _ row: Int) throws(PostgresError) -> [Cell] {
        try columns.indices.map { column throws(PostgresError) in
            if column < names.count, names[column] == LogSelector.level {
                return .text(try rows.get(row, column, as: LogSeverity.self).rawValue)
            }
            return try Cell(rows, row, column)
        }
    }
}

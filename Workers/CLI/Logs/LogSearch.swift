import Contracts
import Runtime

/// The newest lines of a stretch of time.
///
/// **Cost.** The stretch is read from its end in steps that grow, and no further than the limit needs; within a step
/// the database keeps no more than the limit. Only days on which such lines can have arrived are looked at: a line
/// arrives at most ten minutes before its time and a week after it.
struct LogSearch {
    let filter: LogFilter
    let since: Timestamp
    let until: Timestamp
    let limit: Int

    /// Nanoseconds of the first step.
    private static let step: Int64 = 60_000_000_000

    /// The lines in the order of their times. All statements must see one snapshot: chunks are merged meanwhile.
    func run(_ query: (SQL) throws(PostgresError) -> Rows) throws(PostgresError) -> [FoundLine] {
        // Lines are never older than 1970, nor a day ahead.
        let now = Timestamp.now
        let start = since.nanoseconds
        let end = min(until, now + .seconds(86_400)).nanoseconds
        var found: [FoundLine] = []
        var progress = Progress("lines found")
        defer { progress.end() }
        var step = Self.step
        // The first step has all chunks that end within it or later: a chunk can hold lines of many hours. There is
        // next to nothing ahead of now, so that the steps begin there.
        var above: Int64?
        var below = max(start, min(end, now.nanoseconds) - step)
        while true {
            let oldest = found.count == limit ? found.first?.time : nil
            let rows = try query(
                statement(chunksFrom: below, to: above, linesFrom: max(start, oldest ?? start), to: end))
            found += try FoundLine.all(rows)
            found.sort(by: FoundLine.isBefore)
            found = found.suffix(limit)
            // What was not read ended before this step.
            if below == start || (found.count == limit && found[0].time >= below) { return found }
            progress.update(found.count)
            above = below
            step *= 4
            below = max(start, below - step)
        }
    }

    /// The newest lines of the chunks whose last line lies in a step.
    func statement(chunksFrom below: Int64, to above: Int64?, linesFrom start: Int64, to end: Int64) -> SQL {
        var sql = SQL.StringInterpolation(literalCapacity: 1000, interpolationCount: 16)
        sql.appendLiteral("SELECT x.at, x.id, x.place, x.level, x.line, x.metadata, \(FoundLine.labelColumns) FROM (")
        sql.appendLiteral("SELECT \(FoundLine.lineColumns), c.stream FROM log_chunk c, \(FoundLine.unnested) WHERE ")
        filter.appendChunk(to: &sql)
        // Nothing has arrived after now.
        LogFilter.appendDays(
            from: max(since, .epoch) - LogLimits.ahead, to: min(min(until, .now) + LogLimits.age, .now), to: &sql)
        LogFilter.append(" AND c.last_at >= ", below, "", to: &sql)
        if let above { LogFilter.append(" AND c.last_at < ", above, "", to: &sql) }
        LogFilter.append(" AND c.first_at < ", end, "", to: &sql)
        LogFilter.append(" AND e.at >= ", start, "", to: &sql)
        LogFilter.append(" AND e.at < ", end, "", to: &sql)
        filter.appendLine(to: &sql)
        LogFilter.append(" ORDER BY e.at DESC, c.id DESC, e.place DESC LIMIT ", Int64(limit), ") AS x", to: &sql)
        sql.appendLiteral(" JOIN log_stream s ON s.id = x.stream")
        return SQL(stringInterpolation: sql)
    }
}

import Contracts
import Runtime

/// Lines as they arrive, whatever their times, each once.
///
/// A chunk bears the time at which its transaction began, and is seen when that ends. So each look goes back to where
/// the oldest transaction began that was open at the look before, at least a minute, and what was printed is
/// remembered for as long.
///
/// **Guarantee.** Every line that is stored while it runs is printed once, unless its transaction took more than ten
/// minutes; also when a look fails and the next has another session.
///
/// **Cost.** A look reads the chunks of the last minute without their lines; memory grows with their number, and with
/// one piece of lines.
struct LogFollower {
    private let filter: LogFilter
    /// From when on lines are wanted, in nanoseconds, if that was said.
    private let earliest: Int64?
    private var horizon: Timestamp
    /// Chunks since the horizon that are dealt with, and when they arrived.
    private var seen: [Int64: Timestamp] = [:]

    /// Lines that are read at once, unless a single chunk has more.
    private static let piece = 2000

    init(_ filter: LogFilter, since: Timestamp?, _ database: Postgres.Connection) throws(PostgresError) {
        self.filter = filter
        earliest = since.map { max($0, .epoch).microseconds * 1000 }
        horizon = try Self.horizon(database)
    }

    /// The newest lines there are; what is stored at this moment is not printed again.
    mutating func begin(
        _ search: LogSearch, _ database: Postgres.Connection
    ) throws(PostgresError) -> [FoundLine] {
        let statement = chunks()
        let (known, lines) = try database.transaction(.snapshot) { transaction throws(PostgresError) in
            let rows = try transaction.query(statement)
            let lines = try search.run { sql throws(PostgresError) in try transaction.query(sql) }
            return (rows, lines)
        }
        for row in 0..<known.count { seen[try known.get(row, 0)] = try known.get(row, 1) }
        return lines
    }

    /// Hands over what has arrived since the last look, in pieces, each in the order of its times.
    mutating func look(
        _ database: Postgres.Connection, _ body: ([FoundLine]) -> Void
    ) throws(PostgresError) {
        let next = try Self.horizon(database)
        let rows = try database.query(chunks())
        var piece: [Int64: Timestamp] = [:]
        var entries = 0
        for row in 0..<rows.count {
            let chunk: Int64 = try rows.get(row, 0)
            guard seen[chunk] == nil else { continue }
            let size: Int = try rows.get(row, 2)
            if !piece.isEmpty, entries + size > Self.piece {
                try hand(&piece, database, body)
                entries = 0
            }
            piece[chunk] = try rows.get(row, 1)
            entries += size
        }
        try hand(&piece, database, body)
        horizon = max(horizon, next)
        let kept = horizon
        seen = seen.filter { $0.value >= kept }
    }

    /// Hands over the lines of these chunks. They are dealt with only then: a look that fails before leaves them to the
    /// next.
    private mutating func hand(
        _ piece: inout [Int64: Timestamp], _ database: Postgres.Connection, _ body: ([FoundLine]) -> Void
    ) throws(PostgresError) {
        guard !piece.isEmpty else { return }
        body(try lines(of: piece.keys.sorted(), database))
        seen.merge(piece) { $1 }
        piece = [:]
    }

    /// Where the next look must begin. Asked before a look, so that what ends in between is not missed.
    private static func horizon(_ database: Postgres.Connection) throws(PostgresError) -> Timestamp {
        let rows = try database.query(
            """
            SELECT least(now() - interval '1 minute', greatest(now() - interval '10 minutes', min(xact_start)))
            FROM pg_stat_activity WHERE datname = current_database()
            """)
        return try rows.get(0, 0)
    }

    private func chunks() -> SQL {
        var sql = SQL.StringInterpolation(literalCapacity: 500, interpolationCount: 8)
        sql.appendLiteral("SELECT c.id, c.arrived_at, c.entries FROM log_chunk c WHERE ")
        filter.appendChunk(to: &sql)
        appendArrival(to: &sql)
        sql.appendLiteral(" ORDER BY c.id")
        return SQL(stringInterpolation: sql)
    }

    private func lines(
        of chunks: [Int64], _ database: Postgres.Connection
    ) throws(PostgresError) -> [FoundLine] {
        var sql = SQL.StringInterpolation(literalCapacity: 500, interpolationCount: 8)
        sql.appendLiteral("SELECT \(FoundLine.lineColumns), \(FoundLine.labelColumns) FROM log_chunk c")
        sql.appendLiteral(" JOIN log_stream s ON s.id = c.stream, \(FoundLine.unnested)")
        LogFilter.append(" WHERE c.id = ANY(", chunks, ")", to: &sql)
        appendArrival(to: &sql)
        if let earliest { LogFilter.append(" AND e.at >= ", earliest, "", to: &sql) }
        filter.appendLine(to: &sql)
        sql.appendLiteral(" ORDER BY e.at, c.id, e.place")
        return try FoundLine.all(try database.query(SQL(stringInterpolation: sql)))
    }

    private func appendArrival(to sql: inout SQL.StringInterpolation) {
        LogFilter.append(" AND c.arrived_at >= ", horizon, "", to: &sql)
        LogFilter.append(" AND c.day >= (", horizon, " AT TIME ZONE 'UTC')::date - 1", to: &sql)
    }
}

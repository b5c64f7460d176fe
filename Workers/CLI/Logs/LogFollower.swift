import Contracts
import Runtime

/// Lines as they arrive, whatever their times, each once.
///
/// A chunk bears the time at which its transaction began, and is seen when that ends. So each look goes back to where
/// the oldest transaction began that was open at the look before, at least a minute, and what was printed is
/// remembered for as long.
///
/// **Guarantee.** Every line that is stored while it runs is printed once, unless its transaction took more than ten
/// minutes; also when a look fails and the next has another session. Who was held up for longer than chunks stay as
/// they came, by a terminal that was stopped or a database that was away, prints each line at least once.
///
/// **Cost.** A look reads the chunks of the last minute without their lines; memory grows with their number, and with
/// one piece of lines.
struct LogFollower {
    private let filter: LogFilter
    /// From when on lines are wanted, in nanoseconds, if that was said.
    private let earliest: Int64?
    private var horizon: Timestamp
    /// Chunks since the horizon that are dealt with, and when they arrived.
    private var seen: [Chunk: Timestamp] = [:]

    /// For how long chunks stay as they came.
    var settling = LogLimits.settling

    /// What tells chunks apart: one that was merged has the id of its last part, and more lines.
    private struct Chunk: Hashable {
        let id: Int64
        let entries: Int
    }

    /// Lines that are read at once, unless a single chunk has more.
    private static let piece = 2000

    init(_ filter: LogFilter, since: Timestamp?, _ database: Postgres.Connection) throws(PostgresError) {
        self.filter = filter
        earliest = since?.nanoseconds
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
        for row in 0..<known.count { seen[try Self.chunk(known, row)] = try known.get(row, 1) }
        return lines
    }

    /// Hands over what has arrived since the last look, in pieces, each in the order of its times.
    mutating func look(
        _ database: Postgres.Connection, _ body: ([FoundLine]) -> Void
    ) throws(PostgresError) {
        let next = try Self.horizon(database)
        // So long none of them is old enough to be merged: `next` is up to ten minutes back, and some is to spare.
        let safe = Monotonic.now + (settling - .seconds(700) - (next - horizon))
        let rows = try database.query(chunks())
        var piece: [Chunk: Timestamp] = [:]
        var entries = 0
        var isWhole = true
        for row in 0..<rows.count {
            let chunk = try Self.chunk(rows, row)
            guard seen[chunk] == nil else { continue }
            if !piece.isEmpty, entries + chunk.entries > Self.piece {
                isWhole = try hand(&piece, until: safe, database, body) && isWhole
                entries = 0
            }
            piece[chunk] = try rows.get(row, 1)
            entries += chunk.entries
        }
        isWhole = try hand(&piece, until: safe, database, body) && isWhole
        // What was merged meanwhile is found by the next look, which begins where this one began.
        guard isWhole else { return }
        horizon = max(horizon, next)
        let kept = horizon
        seen = seen.filter { $0.value >= kept }
    }

    /// Hands over the lines of these chunks. They are dealt with only then: a look that fails before leaves them to the
    /// next. False when some may have been merged before their lines were read.
    private mutating func hand(
        _ piece: inout [Chunk: Timestamp], until safe: Monotonic, _ database: Postgres.Connection,
        _ body: ([FoundLine]) -> Void
    ) throws(PostgresError) -> Bool {
        guard !piece.isEmpty else { return true }
        let chunks = piece.keys.sorted { $0.id < $1.id }
        let lines = try lines(of: chunks, database)
        let areThere = Monotonic.now < safe ? true : try areThere(chunks, database)
        body(lines)
        if areThere { seen.merge(piece) { $1 } }
        piece = [:]
        return areThere
    }

    private static func chunk(_ rows: Rows, _ row: Int) throws(PostgresError) -> Chunk {
        Chunk(id: try rows.get(row, 0), entries: try rows.get(row, 2))
    }

    /// Whether chunks were there, as they are known, until now.
    private func areThere(_ chunks: [Chunk], _ database: Postgres.Connection) throws(PostgresError) -> Bool {
        var sql = SQL.StringInterpolation(literalCapacity: 300, interpolationCount: 4)
        sql.appendLiteral("SELECT count(*) FROM log_chunk c JOIN unnest(")
        sql.appendInterpolation(chunks.map(\.id))
        LogFilter.append(", ", chunks.map(\.entries), ") AS u (id, entries) USING (id, entries) WHERE true", to: &sql)
        appendArrival(to: &sql)
        return try database.query(SQL(stringInterpolation: sql)).get(0, 0, as: Int.self) == chunks.count
    }

    /// Where the next look must begin. Asked before a look, so that what ends in between is not missed.
    ///
    /// Without the right to see other roles' sessions (`pg_read_all_stats`) nothing tells how long their transactions
    /// last: then it is ten minutes.
    static func horizon(_ database: Postgres.Connection) throws(PostgresError) -> Timestamp {
        // A session that may not be seen has its role, and no state.
        let rows = try database.query(
            """
            SELECT CASE WHEN bool_or(state IS NULL AND usesysid IS NOT NULL) THEN now() - interval '10 minutes'
                ELSE least(now() - interval '1 minute', greatest(now() - interval '10 minutes', min(xact_start))) END
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
        of chunks: [Chunk], _ database: Postgres.Connection
    ) throws(PostgresError) -> [FoundLine] {
        var sql = SQL.StringInterpolation(literalCapacity: 500, interpolationCount: 8)
        sql.appendLiteral("SELECT \(FoundLine.lineColumns), \(FoundLine.labelColumns) FROM log_chunk c")
        sql.appendLiteral(" JOIN log_stream s ON s.id = c.stream, \(FoundLine.unnested)")
        LogFilter.append(" WHERE c.id = ANY(", chunks.map(\.id), ")", to: &sql)
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

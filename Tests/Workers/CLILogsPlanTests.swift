import Contracts
import TestSupport
import Testing

@testable import CLI
@testable import Postgres
@testable import Runtime

/// Which days the database means to read for a question about logs.
@Suite(.servers) struct CLILogsPlanTests {
    /// Questions, and the days, counted from today, on which their lines can have arrived: from the day of ten minutes
    /// before the range to a week after it, with a day to spare on both sides.
    private static let cases: [(since: Int, length: Int, days: ClosedRange<Int>)] = [
        (0, 1, -1...1), (20, 1, -21 ... -11), (40, 3, -41 ... -29), (6, 6, -7...1), (59, 0, -60 ... -51),
    ]

    @Test func onlyDaysThatCanHaveLinesOfTheRangeAreRead() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            try database.script(
                """
                DO $$ DECLARE d date; BEGIN
                    FOR d IN SELECT utc_day() - i FROM generate_series(2, 60) AS i LOOP
                        EXECUTE format('CREATE TABLE log_chunk_%s PARTITION OF log_chunk FOR VALUES FROM (%L) TO (%L)',
                            to_char(d, 'YYYYMMDD'), d, d + 1);
                    END LOOP;
                END $$;
                INSERT INTO log_stream (tenant, hash, labels)
                SELECT 'default', gen_random_uuid(), '{"host": "a"}' FROM generate_series(1, 1000);
                """)
            let connection = try database.connect()
            defer { connection.close() }
            try connection.script("SET plan_cache_mode = force_custom_plan")
            let today: Timestamp = try connection.query(
                "SELECT (utc_day() + interval '1 hour') AT TIME ZONE 'UTC'"
            ).get(0, 0)
            for (since, length, days) in Self.cases {
                let start = today - .seconds(since * 86_400)
                let plan = try plan(from: start, to: start + .seconds(length * 86_400 + 60), connection)
                let read = Set(plan.matches(of: /log_chunk_[0-9]{8}(?= )/).map { String($0.output) })
                let (first, last) = (Int32(days.lowerBound), Int32(days.upperBound))
                let rows = try connection.query(
                    """
                    SELECT 'log_chunk_' || to_char(utc_day() + i, 'YYYYMMDD')
                    FROM generate_series(\(first), \(last)) AS i
                    """)
                #expect(try read == Set((0..<rows.count).map { try rows.get($0, 0, as: String.self) }), "\(since)")
                // Each by streams and times.
                let probes = plan.matches(of: /Index Scan using log_chunk_[0-9]+_stream_last_at_first_at_idx/)
                #expect(probes.count == read.count, "\(plan)")
            }
        }
    }

    private func plan(from start: Timestamp, to end: Timestamp, _ connection: Connection) throws -> String {
        let search = LogSearch(
            filter: try LogFilter(Invocation(Verb.logs, ["host=a", "--text", "x"])), since: start, until: end,
            limit: 200)
        let statement = search.statement(
            chunksFrom: start.microseconds * 1000, to: nil, linesFrom: start.microseconds * 1000,
            to: end.microseconds * 1000)
        let rows = try connection.query(statement.explained)
        return try (0..<rows.count).map { try rows.get($0, 0, as: String.self) }.joined(separator: "\n")
    }
}

extension SQL {
    /// The same question about its plan, with the same values.
    fileprivate var explained: SQL {
        var sql = StringInterpolation(literalCapacity: text.count + 10, interpolationCount: 0)
        sql.appendLiteral("EXPLAIN \(text)")
        sql.parameters = parameters
        return SQL(stringInterpolation: sql)
    }
}

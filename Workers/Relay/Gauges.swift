import Contracts
import Runtime

/// Reads every few seconds how much waits, and for how long.
final class Gauges: Duty {
    private let meter: RelayMeter

    init(meter: RelayMeter) {
        self.meter = meter
    }

    func pass(_ connection: Connection) throws(PostgresError) -> Duration {
        let outbox = try connection.query(Self.outbox)
        let age: Double? = try outbox.get(0, 1)
        meter.outbox(rows: try outbox.get(0, 0), age: .seconds(max(0, age ?? 0)))
        let schedule = try connection.query(Self.schedule)
        let lag: Double? = try schedule.get(0, 1)
        meter.schedule(due: try schedule.get(0, 0), lag: .seconds(max(0, lag ?? 0)))
        return .seconds(10)
    }

    /// Counting stops where a number says no more than "very many".
    private static let outbox: SQL = """
        SELECT (SELECT count(*) FROM (SELECT FROM outbox LIMIT 100001) AS o),
            (SELECT extract(epoch FROM now() - e.at)::float8
             FROM (SELECT days[1] AS day, keys[1] AS key, sequences[1] AS sequence FROM outbox ORDER BY id LIMIT 1) AS o
             JOIN event e USING (day, key, sequence))
        """

    /// A few probes a command, as the mover makes them.
    private static let schedule: SQL = """
        WITH RECURSIVE head AS (
            (SELECT command, due_at FROM schedule ORDER BY command, due_at LIMIT 1)
            UNION ALL
            SELECT next.command, next.due_at FROM head CROSS JOIN LATERAL (
                SELECT command, due_at FROM schedule WHERE command > head.command
                ORDER BY command, due_at LIMIT 1) AS next)
        SELECT coalesce(sum(due.count), 0)::bigint, extract(epoch FROM now() - min(head.due_at))::float8
        FROM head CROSS JOIN LATERAL (
            SELECT count(*) FROM (
                SELECT FROM schedule WHERE command = head.command AND due_at <= now() LIMIT 100001) AS late) AS due
        """
}

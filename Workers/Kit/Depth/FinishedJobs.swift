package import Contracts
package import Postgres

/// How many jobs of each command got their outcome within a stretch of time, by the events that say so. Of all days:
/// the events of a job lie with the day on which it was first admitted, which may be long before.
package struct FinishedJobs: Sendable {
    /// By the command's name; those that this edition does not know as well.
    package let counts: [String: Int]

    /// Counts the rows of ``statement(after:upTo:)``.
    init(_ rows: Rows) throws(PostgresError) {
        var counts: [String: Int] = [:]
        for row in 0..<rows.count {
            let parts = Topology.routingKey(eventType: try rows.get(row, 0))?.split(separator: ".") ?? []
            guard parts.count == 2, let kind = EventKind(rawValue: String(parts[1])), kind.isFinal else { continue }
            counts[String(parts[0]), default: 0] += try rows.get(row, 1, as: Int.self)
        }
        self.counts = counts
    }

    /// Counts what was announced after one time of the database's clock and no later than another.
    package init(
        _ database: Postgres.Connection, after start: Timestamp, upTo end: Timestamp
    ) throws(PostgresError) {
        try self.init(database.query(Self.statement(after: start, upTo: end)))
    }

    /// How many events there are of each type; without a start, of the last minute, and without an end, until now.
    static func statement(after start: Timestamp? = nil, upTo end: Timestamp? = nil) -> SQL {
        """
        SELECT type, count(*) FROM event
        WHERE at > coalesce(\(start), now() - interval '1 minute') AND at <= coalesce(\(end), now()) GROUP BY type
        """
    }
}

import AMQP
import Contracts
import Runtime

/// The cluster at one moment: each queue, and what waits in the database.
///
/// Costs one look at each queue and five statements; what was admitted in the last minute is read, and no more of the
/// ledger than that.
struct TopSnapshot {
    static let columns = [
        "queue", "ready", "unacked", "consumers", "perSecond", "waitMs", "scheduled", "dead", "state",
    ]

    let time: Timestamp
    /// A row a queue, under ``columns``.
    let queues: [[Cell]]
    /// What is true of the cluster as a whole.
    let facts: [(String, Cell)]

    init(broker: AMQP.Connection, database: Postgres.Connection, management: Management?) throws {
        time = .now
        let recent = try Self.recent(database)
        let counts = try LedgerCounts(database)
        let paused = try database.query("SELECT command FROM queue_control WHERE paused")
        let held = Set(try (0..<paused.count).map { try paused.get($0, 0, as: String.self) })
        var rows: [[Cell]] = []
        for command in Catalogue.commands {
            let name = command.name.rawValue
            let queue = try broker.inspectQueue(Topology.queue(for: command.name))
            let unacked = try management?.unacknowledged(in: Topology.queue(for: command.name))
            rows.append([
                .text(name), queue.map { .number($0.messages) } ?? .none, unacked.map { .number($0) } ?? .none,
                queue.map { .number($0.consumers) } ?? .none, .tenths(recent[name]?.tenths ?? 0),
                recent[name]?.wait.map { .number($0) } ?? .none, .number(counts.scheduled[name] ?? 0),
                .number(counts.dead[name] ?? 0), .text(Verb.state(queue, isPaused: held.contains(name))),
            ])
        }
        queues = rows
        facts = try Self.facts(broker, database, dead: counts.dead.values.reduce(0, +))
    }

    /// How many jobs were admitted in the last minute, in tenths a second, and how long nine of ten waited at most.
    private static func recent(
        _ database: Postgres.Connection
    ) throws(PostgresError) -> [String: (tenths: Int, wait: Int?)] {
        let rows = try database.query(
            """
            SELECT command, round(count(*) / 6.0)::bigint, (1000 * extract(epoch FROM
                percentile_disc(0.9) WITHIN GROUP (ORDER BY greatest(admitted_at - enqueued_at, interval '0'))))::bigint
            FROM job WHERE day >= current_date - 1 AND admitted_at > now() - interval '1 minute' GROUP BY command
            """)
        var recent: [String: (tenths: Int, wait: Int?)] = [:]
        for row in 0..<rows.count {
            recent[try rows.get(row, 0)] = (try rows.get(row, 1), try rows.get(row, 2, as: Int?.self))
        }
        return recent
    }

    private static func facts(
        _ broker: AMQP.Connection, _ database: Postgres.Connection, dead: Int
    ) throws -> [(String, Cell)] {
        let rows = try database.query(
            """
            SELECT (SELECT count(*) FROM outbox), (SELECT min(due_at) FROM outbox WHERE due_at < now()),
                (SELECT count(*) FROM schedule),
                (SELECT count(*) FROM schedule WHERE due_at < now() - interval '5 seconds')
            """)
        let strays = try broker.inspectQueue(Topology.deadLetterQueue)
        return [
            ("outbox", .number(try rows.get(0, 0))),
            ("outboxOverdueSince", try rows.get(0, 1, as: Timestamp?.self).map { .time($0) } ?? .none),
            ("schedule", .number(try rows.get(0, 2))), ("scheduleOverdue", .number(try rows.get(0, 3))),
            ("dead", .number(dead)), ("deadLetters", strays.map { .number($0.messages) } ?? .none),
        ]
    }

    /// The facts on one line, for people.
    var summary: String {
        "ruche top  " + time.rfc3339 + "  "
            + facts.compactMap { name, cell in
                if case .none = cell { return nil }
                return "\(name) \(cell.shown(relativeTo: time))"
            }
            .joined(separator: "  ")
    }
}

import AMQP
import Contracts
import Runtime

/// Compares a ledger that may be older than the world around it, as after a restore, with what others know. Changes
/// nothing but temporary tables of its own session.
struct Reconciliation {
    /// A command that somebody should know of.
    struct Subject {
        let kind: Kind
        let command: String
        let tenant: String
        let id: String
        let found: String
    }

    /// What can be wrong with a command.
    enum Kind: String, CaseIterable {
        /// It was confirmed to a producer or announced, and the ledger does not know it.
        case lost
        /// The ledger waits for a message that is nowhere.
        case stranded
        /// Subscribers were told of an event that the ledger does not have: it happens again.
        case undone
    }

    let database: Postgres.Connection
    let broker: AMQP.Connection
    /// How many commands are named of each kind.
    let limit: Int

    /// Asks everything. The accounts are in `claims`.
    func report(_ claims: ClaimTable) throws -> ReconcileReport {
        var report = ReconcileReport()
        report.newest = try newest()
        report.claims = claims.count
        for command in Catalogue.commands.map({ $0.name }) {
            guard let queue = try broker.inspectQueue(Topology.queue(for: command)) else { continue }
            report.queued[command.rawValue] = queue.messages
            report.consumers += queue.consumers
        }
        for kind in Kind.allCases {
            let rows = try database.query(question(kind, report))
            for row in 0..<rows.count {
                report.totals[kind] = try rows.get(row, 0)
                report.subjects.append(
                    Subject(
                        kind: kind, command: try rows.get(row, 1), tenant: try rows.get(row, 2),
                        id: try rows.get(row, 3), found: try rows.get(row, 4)))
            }
        }
        let overdue = try database.query(
            "SELECT command, count(*), min(due_at) FROM schedule WHERE due_at < now() GROUP BY command ORDER BY command"
        )
        for row in 0..<overdue.count {
            report.overdue.append(
                (try overdue.get(row, 0), try overdue.get(row, 1), try overdue.get(row, 2, as: Timestamp.self)))
        }
        report.unannounced = try database.query("SELECT coalesce(sum(cardinality(keys)), 0)::bigint FROM outbox")
            .get(0, 0)
        return report
    }

    /// The lines of the file of commands whose commands are lost.
    func lostLines() throws -> Set<Int> {
        let rows = try database.query("SELECT line FROM lost WHERE line > 0")
        return Set(try (0..<rows.count).map { try rows.get($0, 0, as: Int.self) })
    }

    /// When the ledger was last written to, as far as its newest day tells.
    private func newest() throws -> Timestamp? {
        try database.query(
            """
            SELECT greatest(
                (SELECT max(admitted_at) FROM job WHERE day = (SELECT max(day) FROM job)),
                (SELECT max(at) FROM event WHERE day = (SELECT max(day) FROM event)))
            """
        ).get(0, 0, as: Timestamp?.self)
    }

    private func question(_ kind: Kind, _ report: ReconcileReport) -> SQL {
        switch kind {
        case .lost:
            """
            SELECT count(*) OVER (), command, tenant, id,
                CASE WHEN announced = '' THEN 'confirmed' ELSE 'announced ' || announced END
                    || CASE WHEN line > 0 THEN ', line ' || line ELSE '' END
            FROM lost ORDER BY command, id LIMIT \(limit)
            """
        case .stranded:
            // A start in the solo lane has no details: any queue may hold its message.
            """
            SELECT count(*) OVER (), coalesce(j.command, ''), coalesce(j.tenant, ''), coalesce(j.id, 'key ' || k.key),
                CASE k.state WHEN 'x' THEN 'started alone' WHEN 'w' THEN 'waiting' WHEN 'p' THEN 'parked'
                    ELSE 'running' END || ', turn ' || k.turn
            FROM job_key k LEFT JOIN job j ON j.day = k.day AND j.key = k.key
            WHERE k.state IN ('x', 'w', 'p', 'l') AND NOT EXISTS (SELECT FROM schedule s WHERE s.subject = k.key)
                AND NOT EXISTS (SELECT FROM run r WHERE r.key = k.key AND r.state = 'r')
                AND CASE WHEN j.command IS NULL THEN \(report.busy.isEmpty) ELSE j.command <> ALL (\(report.busy)) END
            ORDER BY 2, 4 LIMIT \(limit)
            """
        case .undone:
            """
            SELECT count(*) OVER (), c.command, c.tenant, c.id,
                'announced ' || c.announced || '; the ledger has ' || k.sequence || ' of ' || c.sequence || ' events'
            FROM (SELECT DISTINCT ON (key) * FROM claim ORDER BY key, sequence DESC) AS c JOIN job_key k USING (key)
            WHERE c.sequence > k.sequence ORDER BY c.command, c.id LIMIT \(limit)
            """
        }
    }
}

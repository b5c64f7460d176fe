import AMQP
import Contracts
import Depth
import Runtime

/// `jobs why`: gathers what is known of a job, and says what that means.
enum WhyVerb {
    static func run(_ invocation: Invocation) throws {
        let id = invocation.arguments[0]
        let reach = Reach()
        let output = try Output(invocation)
        let database = try reach.database()
        defer { database.close() }
        let (command, key) = try identify(invocation, database)
        var facts = try ledger(key, database)
        try schedule(key, &facts, database)
        if facts.state?.outcome != nil {
            try outbox(key, &facts, database)
        } else if facts.dueAt == nil {
            try queue(command, &facts, reach, database)
        }
        let why = Why(facts, id: id, command: command, now: .now)
        output.record([
            ("id", .text(id)), ("command", .text(command)),
            ("state", .text(facts.state?.name ?? "not admitted")), ("waitsFor", .text(why.waitsFor)),
            ("until", why.until.map { .time($0) } ?? .none), ("advice", why.advice.map { .text($0) } ?? .none),
        ])
    }

    /// Which job is meant: one that the ledger or the schedule knows, else the one that the line names whole.
    private static func identify(
        _ invocation: Invocation, _ database: Postgres.Connection
    ) throws -> (command: String, key: UniqueID) {
        let id = invocation.arguments[0]
        let candidates = FoundJob.candidates(id: id, command: invocation.value("command"), tenant: invocation.tenant)
        let rows = try database.query(
            """
            SELECT k.key, coalesce(j.command, s.command) FROM job_key k
            LEFT JOIN job j ON j.day = k.day AND j.key = k.key LEFT JOIN schedule s ON s.subject = k.key
            WHERE k.key = ANY(\(candidates.map(\.key)))
            """)
        var found: [(command: String, key: UniqueID)] = []
        for row in 0..<rows.count {
            let key: UniqueID = try rows.get(row, 0)
            let named = candidates.first { $0.key == key }?.command
            found.append((try rows.get(row, 1, as: String?.self) ?? named ?? "", key))
        }
        if found.count == 1 { return found[0] }
        let names = found.map(\.command).joined(separator: ", ")
        guard found.isEmpty else {
            throw Failure(.usage, "`\(id)` is a job of several commands: \(names)", "choose with --command")
        }
        if let waiting = try scheduled(id, invocation, database) { return waiting }
        guard let command = invocation.value("command"), let first = candidates.first else {
            throw Failure(
                .notFound, "no job `\(id)` has been admitted",
                "to ask about one that is still in its queue, say which: --command NAME")
        }
        return (command, first.key)
    }

    /// A deadline that nobody has sent yet.
    private static func scheduled(
        _ id: String, _ invocation: Invocation, _ database: Postgres.Connection
    ) throws(PostgresError) -> (command: String, key: UniqueID)? {
        let command = invocation.value("command")
        let rows = try database.query(
            """
            SELECT command, subject FROM schedule
            WHERE message_id = \(id) AND tenant = \(invocation.tenant)
                AND (\(command) IS NULL OR command = \(command)) LIMIT 1
            """)
        return rows.count == 0 ? nil : (try rows.get(0, 0), try rows.get(0, 1))
    }

    private static func ledger(
        _ key: UniqueID, _ database: Postgres.Connection
    ) throws(PostgresError) -> Why.Facts {
        let rows = try database.query(
            """
            SELECT k.state, j.reason, r.worker FROM job_key k LEFT JOIN job j ON j.day = k.day AND j.key = k.key
            LEFT JOIN run r ON r.key = k.key AND r.state = 'r' AND k.state = 'l'
            WHERE k.key = \(key)
            """)
        guard rows.count > 0 else { return Why.Facts() }
        return Why.Facts(
            state: JobState(text: try rows.get(0, 0)), reason: try rows.get(0, 1), holder: try rows.get(0, 2))
    }

    private static func schedule(
        _ key: UniqueID, _ facts: inout Why.Facts, _ database: Postgres.Connection
    ) throws(PostgresError) {
        let rows = try database.query("SELECT due_at, cause FROM schedule WHERE subject = \(key)")
        guard rows.count > 0 else { return }
        facts.dueAt = try rows.get(0, 0)
        facts.cause = try rows.get(0, 1)
    }

    private static func outbox(
        _ key: UniqueID, _ facts: inout Why.Facts, _ database: Postgres.Connection
    ) throws(PostgresError) {
        let rows = try database.query(
            "SELECT tries, note FROM outbox WHERE keys @> ARRAY[\(key)] ORDER BY id LIMIT 1")
        guard rows.count > 0 else { return }
        facts.owed = try rows.get(0, 0)
        facts.owedNote = try rows.get(0, 1)
    }

    private static func queue(
        _ command: String, _ facts: inout Why.Facts, _ reach: Reach, _ database: Postgres.Connection
    ) throws {
        guard let name = CommandName(command) else { return }
        let rows = try database.query(
            "SELECT actor, reason, changed_at FROM queue_control WHERE paused AND command = \(command)")
        if rows.count > 0 {
            facts.pause = Why.Pause(
                actor: try rows.get(0, 0), reason: try rows.get(0, 1), since: try rows.get(0, 2))
        }
        let broker = try reach.broker()
        defer { broker.close() }
        let queue = Topology.queue(for: name)
        guard let info = try broker.inspectQueue(queue) else { return }
        facts.queue = Why.Queue(
            ready: info.messages, consumers: info.consumers,
            unacknowledged: try reach.management()?.unacknowledged(in: queue))
    }
}

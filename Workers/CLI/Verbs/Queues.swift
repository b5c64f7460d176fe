import AMQP
import Contracts
import Runtime

extension Verb {
    static let queues = Verb(
        path: ["queues"], summary: "depth and consumers of every command's queue",
        options: [.output], examples: ["ruche queues", "ruche queues -o json"]
    ) { invocation in
        let reach = Reach()
        let broker = try reach.broker()
        defer { broker.close() }
        let database = try reach.database()
        defer { database.close() }
        let held = try pausedCommands(database)
        let counts = try LedgerCounts(database)
        let management = try Management(reach)
        var rows: [[Cell]] = []
        for command in Catalogue.commands {
            let name = command.name.rawValue
            let queue = try broker.inspectQueue(Topology.queue(for: command.name))
            let unacked = try management?.unacknowledged(in: Topology.queue(for: command.name))
            rows.append([
                .text(name), queue.map { .number($0.messages) } ?? .none, unacked.map { .number($0) } ?? .none,
                queue.map { .number($0.consumers) } ?? .none,
                .number(counts.scheduled[name] ?? 0), .number(counts.dead[name] ?? 0),
                .text(state(queue, isPaused: held.contains(name))),
            ])
        }
        let dead = try broker.inspectQueue(Topology.deadLetterQueue)
        rows.append([
            .text(Topology.deadLetterQueue), dead.map { .number($0.messages) } ?? .none, .none,
            dead.map { .number($0.consumers) } ?? .none, .none, .none, .text(state(dead, isPaused: false)),
        ])
        try Output(invocation).rows(["queue", "ready", "unacked", "consumers", "scheduled", "dead", "state"], rows)
    }

    /// The commands whose queues an operator holds back.
    static func pausedCommands(_ database: Postgres.Connection) throws(PostgresError) -> Set<String> {
        let rows = try database.query("SELECT command FROM queue_control WHERE paused")
        var commands: Set<String> = []
        for row in 0..<rows.count { commands.insert(try rows.get(row, 0)) }
        return commands
    }

    static func state(_ queue: QueueInfo?, isPaused: Bool) -> String {
        guard let queue else { return "missing: run ruche migrate" }
        if isPaused { return "paused" }
        if queue.consumers == 0 { return queue.messages > 0 ? "nobody consumes" : "no consumer" }
        return queue.messages > 0 ? "working" : "idle"
    }
}

/// What the ledger holds of each command.
struct LedgerCounts {
    private(set) var scheduled: [String: Int] = [:]
    private(set) var dead: [String: Int] = [:]

    init(_ database: Postgres.Connection) throws(PostgresError) {
        scheduled = try Self.counts(database, "SELECT command, count(*) FROM schedule GROUP BY command")
        dead = try Self.counts(
            database,
            // Without the second condition the index of what did not succeed would not serve.
            """
            SELECT command, count(*) FROM job WHERE state = 'd' AND state <> 's' AND handled_at IS NULL GROUP BY command
            """)
    }

    private static func counts(_ database: Postgres.Connection, _ sql: SQL) throws(PostgresError) -> [String: Int] {
        let rows = try database.query(sql)
        var counts: [String: Int] = [:]
        for row in 0..<rows.count { counts[try rows.get(row, 0)] = try rows.get(row, 1, as: Int.self) }
        return counts
    }
}

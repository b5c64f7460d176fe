import Contracts
import Postgres

/// What the database knows of how much waits.
struct LedgerDepth {
    /// Of one command.
    struct Recent {
        var admitted = 0
        var finished = 0
        var wait: Duration?
        /// When the last that was admitted had been sent.
        var newest: Timestamp?
    }

    let time: Timestamp
    let recent: [String: Recent]
    /// Long commands behind their messages.
    let runs: [String: (queued: Int, running: Int)]
    let paused: Set<String>
    /// By command, of those that this edition does not know as well.
    let scheduled: [String: Int]
    let due: Int
    let overdue: Int
    let lag: Duration
    let dead: [String: Int]
    let outbox: Int
    let outboxAge: Duration
    let outboxOverdueSince: Timestamp?
    let strays: Int

    /// Everything is read of one snapshot.
    init(_ database: Postgres.Connection, commands: [String], limit: Int) throws(PostgresError) {
        self = try database.transaction(.snapshot) { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            // To translate these statements takes longer than to run them, a second with a million in the schedule.
            _ = tx.send("SET LOCAL jit = off")
            return try LedgerDepth(in: tx, commands: commands, limit: limit)
        }
    }

    private init(
        in tx: borrowing Postgres.Transaction, commands: [String], limit: Int
    ) throws(PostgresError) {
        var recent: [String: Recent] = [:]
        let admitted = try tx.query(DepthStatements.admitted)
        for row in 0..<admitted.count {
            recent[try admitted.get(row, 0)] = Recent(
                admitted: try admitted.get(row, 1),
                wait: try admitted.get(row, 2, as: Double?.self).map { .seconds($0) },
                newest: try admitted.get(row, 3))
        }
        for (command, count) in try FinishedJobs(tx.query(FinishedJobs.statement())).counts {
            recent[command, default: Recent()].finished = count
        }
        self.recent = recent
        var runs: [String: (queued: Int, running: Int)] = [:]
        let held = try tx.query(DepthStatements.runs)
        for row in 0..<held.count { runs[try held.get(row, 0)] = (try held.get(row, 1), try held.get(row, 2)) }
        self.runs = runs

        var scheduled: [String: Int] = [:]
        var (due, overdue) = (0, 0)
        var lag = Duration.zero
        let schedule = try tx.query(DepthStatements.scheduled(upTo: limit))
        for row in 0..<schedule.count {
            scheduled[try schedule.get(row, 0)] = try schedule.get(row, 1)
            due += try schedule.get(row, 2, as: Int.self)
            overdue += try schedule.get(row, 3, as: Int.self)
            lag = max(lag, .seconds(try schedule.get(row, 4, as: Double.self)))
        }
        (self.scheduled, self.due, self.overdue, self.lag) = (scheduled, due, overdue, lag)
        dead = try Self.counts(tx.query(DepthStatements.dead(commands, upTo: limit)))

        let rest = try tx.query(DepthStatements.rest(upTo: limit))
        outbox = try rest.get(0, 0)
        outboxAge = .seconds(max(0, try rest.get(0, 1, as: Double?.self) ?? 0))
        outboxOverdueSince = try rest.get(0, 2)
        strays = try rest.get(0, 3)
        paused = Set(try rest.get(0, 4, as: [String].self))
        time = try rest.get(0, 5)
    }

    private static func counts(_ rows: Rows) throws(PostgresError) -> [String: Int] {
        var counts: [String: Int] = [:]
        for row in 0..<rows.count { counts[try rows.get(row, 0)] = try rows.get(row, 1, as: Int.self) }
        return counts
    }
}

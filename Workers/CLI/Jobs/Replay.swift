import Contracts
import Runtime

/// Puts commands that have ended badly into the schedule once more: a turn further, their attempts set back to none.
struct Replay {
    /// What became of a batch.
    struct Done {
        /// Those that run again.
        var moved: [UniqueID] = []
        /// Those that cannot, and why.
        var faults: [String] = []
    }

    let keys: KeyRing
    let database: Postgres.Connection
    /// The commands of this edition.
    var commands: [any Command.Type] = Catalogue.commands
    /// What the audit calls it.
    var action = "dead replay"

    /// The states a replay makes sense in: success and refusal are verdicts.
    static let states: [JobState] = [.failed, .dead, .cancelled]

    /// What is read of a job before it goes out again.
    private struct Detail {
        let payload: [UInt8]
        let correlation: String?
        let trace: TraceHeaders?
    }

    /// Moves a batch in one transaction. A job that has moved on meanwhile is in neither list.
    func run(_ jobs: [FoundJob], reason: String) throws(PostgresError) -> Done {
        var done = Done()
        let details = try read(jobs, &done)
        let ready = jobs.filter { details[$0.key] != nil }.sorted { $0.key < $1.key }
        guard !ready.isEmpty else { return done }
        done.moved = try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            let turns = try raise(ready.map(\.key), in: tx)
            let moved = ready.filter { turns[$0.key] != nil }
            guard !moved.isEmpty else { return [] }
            try schedule(moved, details, turns, in: tx)
            try tx.execute(
                """
                UPDATE job SET state = 'w', finished_at = NULL, handled_at = NULL, worker = \(Audit.mark)
                FROM unnest(\(moved.map(\.day)), \(moved.map(\.key))) AS u (day, key)
                WHERE job.day = u.day AND job.key = u.key
                """)
            try Audit.write(action, each: moved.map(\.name), reason, in: tx)
            return moved.map(\.key)
        }
        return done
    }

    /// Reads and opens the payloads; what cannot be opened is a fault.
    private func read(_ jobs: [FoundJob], _ done: inout Done) throws(PostgresError) -> [UniqueID: Detail] {
        let rows = try database.query(
            """
            SELECT j.key, j.payload, j.correlation_id, j.traceparent, j.tracestate
            FROM unnest(\(jobs.map(\.day)), \(jobs.map(\.key))) AS u (day, key) JOIN job j USING (day, key)
            """)
        var details: [UniqueID: Detail] = [:]
        let names = Dictionary(jobs.map { ($0.key, $0.name) }, uniquingKeysWith: { first, _ in first })
        for row in 0..<rows.count {
            let key: UniqueID = try rows.get(row, 0)
            let name = names[key] ?? key.description
            guard let sealed = try rows.get(row, 1, as: Bytes?.self) else {
                done.faults.append("\(name): no payload was kept; enqueue it again under a new id")
                continue
            }
            let payload: [UInt8]
            do throws(SealingError) { payload = try keys.open(sealed.array, context: SealContext.job) } catch {
                done.faults.append("\(name): the payload cannot be opened: \(error)")
                continue
            }
            details[key] = Detail(
                payload: payload, correlation: try rows.get(row, 2),
                trace: TraceHeaders(reading: try rows.get(row, 3), state: try rows.get(row, 4)))
        }
        return details
    }

    /// Raises the turns of those that still have ended badly. The row of the ledger decides.
    private func raise(
        _ keys: [UniqueID], in tx: borrowing Postgres.Transaction
    ) throws(PostgresError) -> [UniqueID: Int32] {
        let rows = try tx.query(
            """
            UPDATE job_key SET state = 'w', turn = turn + 1, attempt = 0, solo_starts = 0
            WHERE key = ANY(\(keys)) AND state IN ('d', 'f', 'c') RETURNING key, turn
            """)
        var turns: [UniqueID: Int32] = [:]
        for row in 0..<rows.count { turns[try rows.get(row, 0)] = try rows.get(row, 1, as: Int32.self) }
        return turns
    }

    private func schedule(
        _ jobs: [FoundJob], _ details: [UniqueID: Detail], _ turns: [UniqueID: Int32],
        in tx: borrowing Postgres.Transaction
    ) throws(PostgresError) {
        let payloads = jobs.map { Bytes(keys.seal(details[$0.key]?.payload ?? [], context: SealContext.schedule)) }
        // What came without an id shows its key for one, and goes out without one again.
        let ids = jobs.map { $0.id == $0.key.description ? "" : $0.id }
        try tx.execute(
            """
            INSERT INTO schedule (subject, due_at, command, version, tenant, message_id, turn, correlation_id,
                traceparent, tracestate, payload, cause)
            SELECT u.subject, now(), u.command, u.version, u.tenant, u.id, u.turn, u.correlation, u.trace, u.vendors,
                u.payload, 'replay'
            FROM unnest(\(jobs.map(\.key)), \(jobs.map(\.command)), \(jobs.map { version(of: $0.command) }),
                \(jobs.map(\.tenant)), \(ids), \(jobs.map { turns[$0.key] ?? 0 }),
                \(jobs.map { details[$0.key]?.correlation }), \(jobs.map { details[$0.key]?.trace?.parent }),
                \(jobs.map { details[$0.key]?.trace?.state }), \(payloads))
                AS u (subject, command, version, tenant, id, turn, correlation, trace, vendors, payload)
            """)
    }

    /// The version of the contract under which a command goes out again: the one that this edition of its payload has.
    ///
    /// A worker that is as new reads older payloads too, and an older one parks the command instead of misreading it. A
    /// command that this edition does not have goes out as version 1.
    private func version(of command: String) -> Int16 {
        Int16(clamping: commands.first { $0.name.rawValue == command }?.version ?? 1)
    }
}

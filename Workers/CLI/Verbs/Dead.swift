import Contracts
import Runtime

extension Verb {
    static let deadList = Verb(
        path: ["dead", "list"], summary: "commands whose attempts are used up, newest first",
        options: [
            .value("command", "NAME", "only this command"), .value("limit", "N", "at most so many, default 50"),
            .output,
        ],
        examples: ["ruche dead list --command import-batch"]
    ) { invocation in
        let database = try Reach().database()
        defer { database.close() }
        let command = invocation.value("command")
        let limit = Int64(try invocation.count("limit", default: 50))
        let rows = try database.query(
            """
            SELECT id, command, tenant, reason, attempt, finished_at FROM job
            WHERE state = 'd' AND state <> 's' AND (\(command) IS NULL OR command = \(command))
            ORDER BY admitted_at DESC LIMIT \(limit)
            """)
        try Output(invocation).rows(
            ["id", "command", "tenant", "reason", "attempts", "died"],
            try (0..<rows.count).map { row in
                [
                    .text(try rows.get(row, 0)), .text(try rows.get(row, 1)), .text(try rows.get(row, 2)),
                    try rows.get(row, 3, as: String?.self).map { .text($0) } ?? .none, .number(try rows.get(row, 4)),
                    try rows.get(row, 5, as: Timestamp?.self).map { .time($0) } ?? .none,
                ]
            })
    }

    static let deadReplay = Verb(
        path: ["dead", "replay"], summary: "run dead commands again under their own id",
        arguments: ["[ID]"],
        options: [
            .value("command", "NAME", "every dead one of this command"), .tenant,
            .value("limit", "N", "at most so many, default 1000"), .reason, .dryRun,
        ],
        examples: [
            "ruche dead replay order-17 --reason 'provider is back'",
            "ruche dead replay --command import-batch --reason 'fixed in 0.1.1' --dry-run",
        ]
    ) { invocation in
        guard let reason = invocation.value("reason"), !reason.isEmpty else {
            throw Failure(.usage, "--reason is needed: say why, for the audit")
        }
        let reach = Reach()
        let database = try reach.database()
        defer { database.close() }
        let jobs = try replayable(invocation, database)
        guard !jobs.isEmpty else { throw Failure(.notFound, "nothing to replay") }
        if invocation.has("dry-run") {
            for job in jobs { emit("would replay \(job.command) \(job.id)") }
            return
        }
        let replay = Replay(keys: try reach.keys(), database: database)
        var count = 0
        for job in jobs where try replay.run(job, reason: reason) { count += 1 }
        emit("\(count) of \(jobs.count) commands run again; they keep their ids")
        emit("undo: nothing; what has succeeded once does not run again")
    }

    private static func replayable(_ invocation: Invocation, _ database: Postgres.Connection) throws -> [FoundJob] {
        if invocation.argument(0) != nil { return try FoundJob.all(invocation, database).filter(Replay.mayRun) }
        guard let command = invocation.value("command") else {
            throw Failure(.usage, "name an ID, or all of a command with --command")
        }
        let limit = Int64(try invocation.count("limit", default: 1000))
        let rows = try database.query(
            """
            SELECT key, day, id, command, tenant, state, attempt FROM job
            WHERE state = 'd' AND state <> 's' AND command = \(command) ORDER BY admitted_at LIMIT \(limit)
            """)
        return try (0..<rows.count).map { try FoundJob(rows, $0) }
    }
}

/// Puts a command that has ended badly into the schedule once more: a turn further, its attempts set back to none.
struct Replay {
    let keys: KeyRing
    let database: Postgres.Connection
    /// The commands of this edition.
    var commands: [any Command.Type] = Catalogue.commands

    /// Whether a replay makes sense: success and refusal are verdicts.
    static func mayRun(_ job: FoundJob) -> Bool {
        job.state == .dead || job.state == .failed || job.state == .cancelled
    }

    /// The version of the contract under which a command goes out again: the one that this edition of its payload has.
    ///
    /// A worker that is as new reads older payloads too, and an older one parks the command instead of misreading it. A
    /// command that this edition does not have goes out as version 1.
    private func version(of command: String) -> Int {
        commands.first { $0.name.rawValue == command }?.version ?? 1
    }

    /// One transaction a command. Returns false when it has moved on meanwhile.
    func run(_ job: FoundJob, reason: String) throws -> Bool {
        let detail = try database.query(
            """
            SELECT payload, correlation_id, traceparent FROM job WHERE day = \(job.day) AND key = \(job.key)
            """)
        guard detail.count == 1, let sealed = try detail.get(0, 0, as: Bytes?.self) else {
            throw Failure(.failure, "\(job.id): its payload is gone; enqueue it again under a new id")
        }
        let payload: [UInt8]
        do throws(SealingError) { payload = try keys.open(sealed.array, context: SealContext.job) } catch {
            throw Failure(.failure, "\(job.id): the payload cannot be opened: \(error)")
        }
        // What came without an id shows its key for one, and goes out without one again.
        let messageID = job.id == job.key.description ? "" : job.id
        let scheduled = Bytes(keys.seal(payload, context: SealContext.schedule))
        let correlation = try detail.get(0, 1, as: String?.self)
        let trace = try detail.get(0, 2, as: String?.self)
        let version = Int16(clamping: version(of: job.command))
        return try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            let moved = try tx.query(
                """
                UPDATE job_key SET state = 'w', turn = turn + 1, attempt = 0, solo_starts = 0
                WHERE key = \(job.key) AND state IN ('d', 'f', 'c') RETURNING turn
                """)
            guard moved.count == 1 else { return false }
            let turn: Int32 = try moved.get(0, 0)
            try tx.execute(
                """
                INSERT INTO schedule (subject, due_at, command, version, tenant, message_id, turn, correlation_id,
                    traceparent, payload, cause)
                VALUES (\(job.key), now(), \(job.command), \(version), \(job.tenant), \(messageID), \(turn),
                    \(correlation), \(trace), \(scheduled), 'replay')
                """)
            try tx.execute(
                "UPDATE job SET state = 'w', finished_at = NULL WHERE day = \(job.day) AND key = \(job.key)")
            try Audit.write("dead replay", "\(job.command) \(job.id)", reason, changed: 1, in: tx)
            return true
        }
    }
}

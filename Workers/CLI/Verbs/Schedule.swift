import Contracts
import Runtime

extension Verb {
    private static let choice: [Option] = [
        .value("command", "NAME", "only this command"), .tenants,
    ]

    static let scheduleList = Verb(
        path: ["schedule", "list"], summary: "commands that are due later, soonest first",
        options: choice + [.value("limit", "N", "at most so many, default 50"), .output],
        examples: ["ruche schedule list", "ruche schedule list --command expire-lease -o json"]
    ) { invocation in
        let output = try Output(invocation)
        let limit = try invocation.count("limit", default: 50)
        let database = try Reach().database()
        defer { database.close() }
        let rows = try Scheduled.all(invocation, limit: limit + 1, database)
        output.rows(
            ["id", "due", "command", "tenant", "cause", "turn", "job", "subject"],
            rows.prefix(limit).map { row in
                [
                    .text(row.name), .time(row.dueAt), .text(row.command), .text(row.tenant), .text(row.cause),
                    .number(row.turn), .flag(row.isJob), .text(row.subject.description),
                ]
            })
        if rows.count > limit { note("ruche: there are more; raise --limit or name a --command") }
    }

    static let scheduleRun = Verb(
        path: ["schedule", "run"], summary: "make scheduled commands due now",
        arguments: ["ID..."], options: choice + [.reason, .dryRun, .flag("yes", "do not ask")],
        examples: ["ruche schedule run order-17 --reason 'no need to wait'"]
    ) { invocation in
        let undo = { @Sendable (_: [Scheduled]) in ["this cannot be undone: the time it waited for is forgotten"] }
        try change(invocation, "run", undo: undo) { rows, reason, database throws(PostgresError) in
            try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
                let moved = try tx.query(
                    """
                    UPDATE schedule SET due_at = now() WHERE subject = ANY(\(rows.map(\.subject).sorted()))
                    RETURNING subject
                    """)
                let changed = try Scheduled.returned(moved, of: rows)
                try Audit.write("schedule run", each: changed.map(\.target), reason, in: tx)
                return changed
            }
        }
    }

    static let scheduleCancel = Verb(
        path: ["schedule", "cancel"], summary: "take scheduled commands back; a job among them ends cancelled",
        arguments: ["ID..."], options: choice + [.reason, .dryRun, .flag("yes", "do not ask")],
        examples: ["ruche schedule cancel order-17 --reason 'ordered twice'"]
    ) { invocation in
        try change(invocation, "cancel", undo: undoing) { rows, reason, database throws(PostgresError) in
            let cancellation = Cancellation(
                reason: Reason(reason: "cancelled", message: reason), actor: Audit.mark)
            return try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
                // A job has an outcome to book; a deadline is no command yet, and there is nobody to tell.
                let jobs = rows.filter(\.isJob).compactMap(\.cancelled)
                let ended = try cancellation.end(jobs, in: tx).ended
                let removed = try tx.query(
                    """
                    DELETE FROM schedule WHERE subject = ANY(\(rows.filter { !$0.isJob }.map(\.subject).sorted()))
                    RETURNING subject
                    """)
                let changed =
                    rows.filter { ended.contains($0.subject) } + (try Scheduled.returned(removed, of: rows))
                try Audit.write("schedule cancel", each: changed.map(\.target), reason, in: tx)
                return changed
            }
        }
    }

    /// A job that was taken back can run again; of a deadline nothing is left.
    @Sendable private static func undoing(_ changed: [Scheduled]) -> [String] {
        var undo = Undo("jobs", "retry", few: changed.count)
        for job in changed where job.isJob {
            if let subject = job.cancelled { undo.add(subject, admittedAt: nil) }
        }
        let deadlines = changed.count { !$0.isJob }
        return (undo.count > 0 ? [undo.line] : [])
            + (deadlines > 0 ? ["a deadline cannot be put back: what it ends stays until it is edited or renewed"] : [])
    }

    private static func change(
        _ invocation: Invocation, _ what: String, undo: ([Scheduled]) -> [String],
        _ body: ([Scheduled], String, Postgres.Connection) throws(PostgresError) -> [Scheduled]
    ) throws {
        let reason = try JobSelection.reason(invocation)
        let database = try Reach().database()
        defer { database.close() }
        var rows: [Scheduled] = []
        for id in invocation.arguments {
            let found = try Scheduled.all(invocation, id: id, limit: 2, database)
            guard let row = found.first else {
                throw Failure(.notFound, "nothing is scheduled for `\(id)`", "see: ruche jobs why \(id)")
            }
            guard found.count == 1 else {
                throw Failure(
                    .usage, "`\(id)` is scheduled several times",
                    "name the subject (ruche schedule list), or choose with --command or --tenant")
            }
            if !rows.contains(where: { $0.subject == row.subject }) { rows.append(row) }
        }
        if invocation.has("dry-run") {
            return emit(rows.map { "would \(what) \($0.target)" }.joined(separator: "\n"))
        }
        try Confirmation.require(invocation, to: what, count: rows.count, of: rows.map(\.tenant))
        let changed = try body(rows, reason, database)
        guard !changed.isEmpty else {
            throw Failure(.conflict, "it has just left the schedule", "see: ruche jobs why ID")
        }
        emit("\(changed.count) of \(rows.count) scheduled commands \(what == "run" ? "are due now" : "taken back")")
        for line in undo(changed) { emit(line) }
    }
}

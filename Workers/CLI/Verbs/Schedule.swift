import Contracts
import Runtime

extension Verb {
    private static let choice: [Option] = [
        .value("command", "NAME", "only this command"), .value("tenant", "NAME", "only this tenant"),
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
        try change(invocation, "run", undo: "nothing; a job that should not run is ended with: ruche jobs cancel") {
            rows, reason, database throws(PostgresError) in
            try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
                let moved = try tx.query(
                    """
                    UPDATE schedule SET due_at = now() WHERE subject = ANY(\(rows.map(\.subject).sorted()))
                    RETURNING subject
                    """)
                let names = try Scheduled.names(moved, of: rows)
                try Audit.write("schedule run", each: names, reason, in: tx)
                return names.count
            }
        }
    }

    static let scheduleCancel = Verb(
        path: ["schedule", "cancel"], summary: "take scheduled commands back; a job among them ends cancelled",
        arguments: ["ID..."], options: choice + [.reason, .dryRun, .flag("yes", "do not ask")],
        examples: ["ruche schedule cancel order-17 --reason 'ordered twice'"]
    ) { invocation in
        try change(invocation, "cancel", undo: "ruche jobs retry for a job; a deadline is set again by what sets it") {
            rows, reason, database throws(PostgresError) in
            let cancellation = Cancellation(
                reason: Reason(reason: "cancelled", message: reason), actor: "ruche: \(Audit.actor)")
            return try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
                // A job has an outcome to book; a deadline is no command yet, and there is nobody to tell.
                let jobs = rows.filter(\.isJob).compactMap(\.cancelled)
                let ended = try cancellation.end(jobs, in: tx)
                let removed = try tx.query(
                    """
                    DELETE FROM schedule WHERE subject = ANY(\(rows.filter { !$0.isJob }.map(\.subject).sorted()))
                    RETURNING subject
                    """)
                let names =
                    rows.filter { ended.contains($0.subject) }.map(\.target)
                    + (try Scheduled.names(removed, of: rows))
                try Audit.write("schedule cancel", each: names, reason, in: tx)
                return names.count
            }
        }
    }

    private static func change(
        _ invocation: Invocation, _ what: String, undo: String,
        _ body: ([Scheduled], String, Postgres.Connection) throws(PostgresError) -> Int
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
            rows.append(row)
        }
        if invocation.has("dry-run") { return emit(rows.map { "would \(what) \($0.target)" }.joined(separator: "\n")) }
        try Confirmation.require(invocation, to: what, count: rows.count)
        let count = try body(rows, reason, database)
        guard count > 0 else { throw Failure(.conflict, "it has just left the schedule", "see: ruche jobs why ID") }
        emit("\(count) of \(rows.count) scheduled commands \(what == "run" ? "are due now" : "taken back")")
        emit("undo: \(undo)")
    }
}

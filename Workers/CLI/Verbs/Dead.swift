import Contracts
import Runtime

extension Verb {
    static let deadList = Verb(
        path: ["dead", "list"], summary: "commands whose attempts are used up, newest first",
        arguments: ["[FILTER...]"],
        options: [
            .value("command", "NAME", "only this command"), .tenants,
            .value("limit", "N", "at most so many, default 50"),
            .value("after", "PLACE", "go on where another list ended"),
            .value("scan", "N", "how many payloads a payload.… filter opens at most, default 10000"),
            .flag("discarded", "those that were discarded instead"),
        ] + JobList.watching + [.output],
        examples: ["ruche dead list command:import-batch", "ruche dead list error:no-route since:7d -o name"]
    ) { invocation in
        let columns = ["id", "command", "tenant", "reason", "attempts", "died", "key"]
        let list = JobList(invocation: invocation, columns: columns) {
            let filter = try JobSelection.filter(invocation.arguments, invocation).adding(.state([.dead]))
            return filter.adding(.handled(invocation.has("discarded")), if: !filter.asksHandled)
        } row: { job in
            [
                .text(job.id), .text(job.command), .text(job.tenant), job.reason.map { .text($0) } ?? .none,
                .number(job.attempt), job.finishedAt.map { .time($0) } ?? .none, .text(job.key.description),
            ]
        }
        try list.show()
    }

    static let deadShow = Verb(
        path: ["dead", "show"], summary: "one dead job: why it died, its payload, its timeline",
        arguments: ["ID"], options: jobsShow.options, examples: ["ruche dead show order-17"]
    ) { invocation in
        let reach = Reach()
        let database = try reach.database()
        defer { database.close() }
        let job = try FoundJob.one(
            id: invocation.arguments[0], invocation, horizon: Horizon.days(), database)
        guard job.state == .dead else {
            throw Failure(.conflict, "`\(job.id)` is \(job.state.name), not dead", "see: ruche jobs show \(job.id)")
        }
        try JobTimeline(job: job, reach: reach, database: database).show(Output(invocation))
    }

    static let deadReplay = Verb(
        path: ["dead", "replay"], summary: "run dead commands again under their own id",
        arguments: ["[ID|FILTER...]"],
        options: JobSelection.options + [
            .value("canary", "N", "replay N first, and the others only when they end well"),
            .value("max-failures", "N|P%", "canaries that may end otherwise, default 0"),
            .value("canary-timeout", "DURATION", "how long to wait for the canaries, default 5m"),
            .value("rate", "N/s", "at most so many a second"),
        ],
        examples: [
            "ruche dead replay order-17 --reason 'provider is back'",
            "ruche dead replay command:import-batch since:2d --reason 'fixed in 0.1.1' --dry-run",
            "ruche dead replay error:timed-out --reason 'more memory' --limit 10000 --canary 100 --rate 500/s --yes",
        ]
    ) { invocation in
        try ReplayVerb(invocation, among: [.dead], handled: false).run()
    }

    static let deadDiscard = Verb(
        path: ["dead", "discard"], summary: "take dead commands off the list; they stay dead and can be replayed",
        arguments: ["[ID|FILTER...]"],
        options: JobSelection.options + [.flag("undo", "put discarded ones back on the list")],
        examples: [
            "ruche dead discard order-17 --reason 'paid by hand'",
            "ruche dead discard order-17 --undo --reason 'not paid'",
        ]
    ) { invocation in
        let reason = try JobSelection.reason(invocation)
        let isUndo = invocation.has("undo")
        let what = isUndo ? "put back" : "discard"
        let reach = Reach()
        let database = try reach.database()
        defer { database.close() }
        let selection = try JobSelection(invocation, among: [.dead], handled: isUndo, reach, database)
        if let job = selection.jobs.first(where: { $0.state != .dead || $0.isHandled != isUndo }) {
            let state = job.state != .dead ? job.state.name : job.isHandled ? "discarded already" : "on the list"
            throw Failure(.conflict, "`\(job.id)` is \(state)", "see: ruche jobs show \(job.id)")
        }
        guard !selection.jobs.isEmpty else { throw Failure(.notFound, "nothing to \(what)") }
        if invocation.has("dry-run") { return selection.rehearse(what) }
        try Confirmation.require(invocation, to: what, count: selection.jobs.count, of: selection.tenants)
        let changed = try discard(selection.jobs, isUndo: isUndo, reason, database)
        var undo = isUndo ? Undo("dead", "discard") : Undo("dead", "discard", "--undo")
        undo.add(selection.jobs.filter { changed.contains($0.key) })
        emit("\(undo.count) of \(selection.jobs.count) dead commands \(isUndo ? "are on the list again" : "discarded")")
        if undo.count < selection.jobs.count {
            emit("\(selection.jobs.count - undo.count) had been taken up by somebody else just before")
        }
        emit(undo.line)
        selection.noteLimit()
    }

    private static func discard(
        _ jobs: [FoundJob], isUndo: Bool, _ reason: String, _ database: Postgres.Connection
    ) throws(PostgresError) -> Set<UniqueID> {
        try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            let rows = try tx.query(
                """
                UPDATE job SET handled_at = CASE WHEN \(isUndo) THEN NULL ELSE now() END,
                    worker = \(Audit.mark)
                FROM unnest(\(jobs.map(\.day)), \(jobs.map(\.key))) AS u (day, key)
                WHERE job.day = u.day AND job.key = u.key AND job.state = 'd'
                    AND (job.handled_at IS NOT NULL) = \(isUndo)
                RETURNING job.key
                """)
            var changed: Set<UniqueID> = []
            for row in 0..<rows.count { changed.insert(try rows.get(row, 0)) }
            let names = jobs.filter { changed.contains($0.key) }.map(\.name)
            try Audit.write(isUndo ? "dead discard --undo" : "dead discard", each: names, reason, in: tx)
            return changed
        }
    }
}

import Contracts
import Runtime

extension Verb {
    static let jobsList = Verb(
        path: ["jobs", "list"], summary: "jobs, newest first",
        options: [
            .value("state", "STATE", "succeeded, refused, failed, dead, cancelled, waiting, parked, started"),
            .value("command", "NAME", "only this command"),
            .tenant,
            .value("since", "DURATION", "how far back, default 24h"),
            .value("limit", "N", "at most so many, default 50"),
            .output,
        ],
        examples: ["ruche jobs list --state dead", "ruche jobs list --command lease-ip --since 10m -o jsonl"]
    ) { invocation in
        let database = try Reach().database()
        defer { database.close() }
        let state = try invocation.value("state").map(state(named:))
        let since = try invocation.duration("since") ?? .seconds(86_400)
        let command = invocation.value("command")
        let tenant = invocation.value("tenant")
        let limit = Int64(try invocation.count("limit", default: 50))
        let from = Timestamp.now - since
        let rows = try database.query(
            """
            SELECT id, command, tenant, state, attempt, reason, admitted_at, finished_at, worker FROM job
            WHERE day >= (\(from))::date AND admitted_at >= \(from)
                AND (\(state)::"char" IS NULL OR state = \(state)::"char")
                AND (\(command) IS NULL OR command = \(command))
                AND (\(tenant) IS NULL OR tenant = \(tenant))
            ORDER BY admitted_at DESC LIMIT \(limit)
            """)
        try Output(invocation).rows(
            ["id", "command", "tenant", "state", "attempt", "reason", "admitted", "finished"],
            try (0..<rows.count).map { row in
                [
                    .text(try rows.get(row, 0)), .text(try rows.get(row, 1)), .text(try rows.get(row, 2)),
                    .text(JobState(text: try rows.get(row, 3))?.name ?? "?"), .number(try rows.get(row, 4)),
                    try rows.get(row, 5, as: String?.self).map { .text($0) } ?? .none, .time(try rows.get(row, 6)),
                    try rows.get(row, 7, as: Timestamp?.self).map { .time($0) } ?? .none,
                ]
            })
    }

    private static func state(named name: String) throws(Failure) -> String {
        guard let state = JobState.allCases.first(where: { $0.name == name }) else {
            let names = JobState.allCases.map(\.name).joined(separator: ", ")
            throw Failure(.usage, "--state takes one of \(names)")
        }
        return String(state.rawValue)
    }

    static let jobsShow = Verb(
        path: ["jobs", "show"], summary: "one job: its state, its payload, its timeline",
        arguments: ["ID"],
        options: [.value("command", "NAME", "when the id alone is not enough"), .tenant, .output],
        examples: ["ruche jobs show 0192a1b2-…", "ruche jobs show order-17 --command lease-ip"]
    ) { invocation in
        let reach = Reach()
        let database = try reach.database()
        defer { database.close() }
        let found = try FoundJob.all(invocation, database)
        guard let job = found.first else { throw Failure(.notFound, "no job `\(invocation.arguments[0])`") }
        guard found.count == 1 else {
            let names = found.map(\.command).joined(separator: ", ")
            throw Failure(.usage, "`\(job.id)` is a job of several commands: \(names)", "choose with --command")
        }
        try job.show(Output(invocation), reach, database)
    }
}

extension JobState {
    init?(text: String) {
        guard let letter = text.first, text.utf8.count == 1 else { return nil }
        self.init(rawValue: letter)
    }
}

/// A job the ledger knows, found by its message id or its key.
struct FoundJob {
    let key: UniqueID
    let day: Postgres.Date
    let id: String
    let command: String
    let tenant: String
    let state: JobState
    let attempt: Int

    /// Every job that answers to the id. The key is a hash of command, tenant and id, so no index on the id is needed.
    static func all(_ invocation: Invocation, _ database: Postgres.Connection) throws -> [FoundJob] {
        let id = invocation.arguments[0]
        let names = invocation.value("command").map { [$0] } ?? Catalogue.commands.map { $0.name.rawValue }
        var keys = names.map { name in
            let parts = Digest.key(name, invocation.tenant, id)
            return UniqueID(high: parts.0, low: parts.1)
        }
        if let key = UniqueID(id) { keys.append(key) }
        let rows = try database.query(
            """
            SELECT j.key, j.day, j.id, j.command, j.tenant, j.state, j.attempt
            FROM job_key k JOIN job j ON j.day = k.day AND j.key = k.key WHERE k.key = ANY(\(keys))
            """)
        return try (0..<rows.count).map { try FoundJob(rows, $0) }
    }

    /// Reads key, day, id, command, tenant, state and attempt.
    init(_ rows: Rows, _ row: Int) throws(PostgresError) {
        key = try rows.get(row, 0)
        day = try rows.get(row, 1)
        id = try rows.get(row, 2)
        command = try rows.get(row, 3)
        tenant = try rows.get(row, 4)
        state = JobState(text: try rows.get(row, 5)) ?? .started
        attempt = try rows.get(row, 6)
    }

    func show(_ output: Output, _ reach: Reach, _ database: Postgres.Connection) throws {
        let detail = try database.query(
            """
            SELECT reason, payload, correlation_id, enqueued_at, admitted_at, finished_at, worker FROM job
            WHERE day = \(day) AND key = \(key)
            """)
        let next = try database.query("SELECT due_at, cause FROM schedule WHERE subject = \(key)")
        output.record([
            ("id", .text(id)), ("key", .text(key.description)), ("command", .text(command)), ("tenant", .text(tenant)),
            ("state", .text(state.name)), ("attempt", .number(attempt)),
            ("reason", try detail.get(0, 0, as: String?.self).map { .text($0) } ?? .none),
            ("payload", payload(try detail.get(0, 1, as: Bytes?.self), reach)),
            ("correlationId", try detail.get(0, 2, as: String?.self).map { .text($0) } ?? .none),
            ("enqueuedAt", try detail.get(0, 3, as: Timestamp?.self).map { .time($0) } ?? .none),
            ("admittedAt", .time(try detail.get(0, 4))),
            ("finishedAt", try detail.get(0, 5, as: Timestamp?.self).map { .time($0) } ?? .none),
            ("worker", .text(try detail.get(0, 6))),
            ("nextAt", next.count == 0 ? .none : .time(try next.get(0, 0))),
            ("waitsFor", next.count == 0 ? .none : .text(try next.get(0, 1))),
        ])
        try timeline(output, database)
    }

    private func timeline(_ output: Output, _ database: Postgres.Connection) throws {
        let rows = try database.query(
            "SELECT sequence, at, type, body FROM event WHERE day = \(day) AND key = \(key) ORDER BY sequence")
        if output.format == .table { output.line("") }
        output.rows(
            ["sequence", "at", "type", "data"],
            try (0..<rows.count).map { row in
                let event = try CompletionEvent(parsing: try rows.get(row, 3, as: Bytes.self).array)
                return [
                    .number(try rows.get(row, 0)), .time(try rows.get(row, 1)), .text(try rows.get(row, 2)),
                    .json(event.data),
                ]
            })
    }

    /// The payload with its secrets masked; what is no valid payload of its command is not shown.
    private func payload(_ sealed: Bytes?, _ reach: Reach) -> Cell {
        guard let sealed else { return .none }
        guard let keys = try? reach.keys() else { return .text("(sealed; set RUCHE_KEY_FILE to read it)") }
        guard let bytes = try? keys.open(sealed.array, context: SealContext.job) else {
            return .text("(sealed with another key)")
        }
        guard let type = CommandName(command).flatMap(Catalogue.command(named:)) else {
            return .text("(unknown command)")
        }
        return Self.masked(bytes, type) ?? .text("(\(bytes.count) bytes that are no valid payload)")
    }

    private static func masked(_ bytes: [UInt8], _ type: any Command.Type) -> Cell? {
        (try? type.init(json: bytes)).map { .json($0.maskedJSON()) }
    }
}

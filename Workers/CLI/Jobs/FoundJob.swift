import Contracts
import Runtime

/// A job as the ledger shows it.
struct FoundJob: Sendable {
    let key: UniqueID
    let day: Postgres.Date
    let id: String
    let command: String
    let tenant: String
    let state: JobState
    let attempt: Int
    /// The reason code of anything but success.
    let reason: String?
    let admittedAt: Timestamp
    let finishedAt: Timestamp?
    /// Whether it was dead and somebody discarded it.
    let isHandled: Bool
    /// Whether it is past the horizon: the ledger does not know its id any more, or may forget it at any moment.
    let isForgotten: Bool

    /// What people call it in lists and in the audit.
    var name: String { Self.name(command, id, tenant: tenant) }

    /// A command, its id, and whose it is when it is not the tenant that most have alone.
    static func name(_ command: String, _ id: String, tenant: String) -> String {
        tenant == Topology.defaultTenant ? "\(command) \(id)" : "\(command) \(id) of \(tenant)"
    }

    /// Appends what ``init(_:_:)`` reads, of `job j`.
    static func appendColumns(to sql: inout SQL.StringInterpolation, horizon: Int) {
        sql.appendLiteral(
            """
            j.key, j.day, j.id, j.command, j.tenant, j.state, j.attempt, j.reason, j.admitted_at, j.finished_at,
            j.handled_at IS NOT NULL,
            """)
        sql.appendLiteral(" j.day + ")
        sql.appendInterpolation(Int32(clamping: horizon))
        sql.appendLiteral(" < current_date OR NOT EXISTS (SELECT FROM job_key k WHERE k.key = j.key)")
    }

    init(_ rows: Rows, _ row: Int) throws(PostgresError) {
        key = try rows.get(row, 0)
        day = try rows.get(row, 1)
        id = try rows.get(row, 2)
        command = try rows.get(row, 3)
        tenant = try rows.get(row, 4)
        state = JobState(text: try rows.get(row, 5)) ?? .started
        attempt = try rows.get(row, 6)
        reason = try rows.get(row, 7)
        admittedAt = try rows.get(row, 8)
        finishedAt = try rows.get(row, 9)
        isHandled = try rows.get(row, 10)
        isForgotten = try rows.get(row, 11)
    }

    /// Every job that answers to the id: a message id or a key. The key is a hash of command, tenant and id, so no
    /// index on the id is needed.
    static func all(
        id: String, command: String?, tenant: String, horizon: Int, _ database: Postgres.Connection
    ) throws(PostgresError) -> [FoundJob] {
        let keys = candidates(id: id, command: command, tenant: tenant).map(\.key)
        var sql = SQL.StringInterpolation(literalCapacity: 400, interpolationCount: 2)
        sql.appendLiteral("SELECT ")
        appendColumns(to: &sql, horizon: horizon)
        sql.appendLiteral(" FROM job j LEFT JOIN job_key k ON k.key = j.key WHERE j.key = ANY(")
        sql.appendInterpolation(keys)
        // An id that was forgotten and used again has two rows; the ledger's is the one that counts.
        sql.appendLiteral(") AND (k.key IS NULL OR k.day = j.day) ORDER BY j.command, j.day DESC")
        let rows = try database.query(SQL(stringInterpolation: sql))
        var jobs: [FoundJob] = []
        for row in 0..<rows.count {
            let job = try FoundJob(rows, row)
            if jobs.last?.key != job.key { jobs.append(job) }
        }
        return jobs
    }

    /// The job of a key on its day: one look-up, for who asks again and again.
    static func one(
        _ key: UniqueID, on day: Postgres.Date, horizon: Int, _ database: Postgres.Connection
    ) throws(PostgresError) -> FoundJob? {
        var sql = SQL.StringInterpolation(literalCapacity: 400, interpolationCount: 3)
        sql.appendLiteral("SELECT ")
        appendColumns(to: &sql, horizon: horizon)
        sql.appendLiteral(" FROM job j WHERE j.day = ")
        sql.appendInterpolation(day)
        sql.appendLiteral(" AND j.key = ")
        sql.appendInterpolation(key)
        let rows = try database.query(SQL(stringInterpolation: sql))
        return rows.isEmpty ? nil : try FoundJob(rows, 0)
    }

    /// The keys under which the ledger may know the id, each with its command. A key that was given as one has none.
    /// An id belongs to one tenant; a key is looked for in all.
    static func candidates(id: String, command: String?, tenant: String) -> [(command: String?, key: UniqueID)] {
        let names = tenant == Tenants.all ? [] : command.map { [$0] } ?? Catalogue.commands.map { $0.name.rawValue }
        var found: [(command: String?, key: UniqueID)] = names.map { name in
            (name, .ledgerKey(name, tenant, id))
        }
        if let key = UniqueID(id) { found.append((nil, key)) }
        return found
    }

    /// The one job an id means.
    static func one(
        id: String, _ invocation: Invocation, horizon: Int, _ database: Postgres.Connection
    ) throws -> FoundJob {
        let found = try all(
            id: id, command: invocation.value("command"), tenant: invocation.tenant, horizon: horizon, database)
        guard let job = found.first else {
            throw Failure(.notFound, lines: ["no job `\(id)`" + unknown(id, invocation), advice(id, invocation)])
        }
        guard found.count == 1 else {
            let names = found.map(\.command).joined(separator: ", ")
            throw Failure(.usage, "`\(id)` is a job of several commands: \(names)", "choose with --command")
        }
        return job
    }

    private static func unknown(_ id: String, _ invocation: Invocation) -> String {
        invocation.tenant == Topology.defaultTenant ? "" : Tenants.named([invocation.tenant])
    }

    /// What to say of an id that is unknown.
    private static func advice(_ id: String, _ invocation: Invocation) -> String {
        let isFiltering = invocation.verb.arguments.contains { $0.contains("FILTER") }
        if isFiltering, let field = FilterWord.meantField(by: id) { return "did you mean \(field):?" }
        if invocation.tenant == Tenants.all { return "an id belongs to one tenant: name it, or the key" }
        return "what it waits for, if it is on its way: ruche jobs why \(id)"
    }
}

extension JobState {
    init?(text: String) {
        guard let letter = text.first, text.utf8.count == 1 else { return nil }
        self.init(rawValue: letter)
    }
}

/// How long an id is remembered.
enum Horizon {
    /// `DEDUP_HORIZON_DAYS`, as the relay reads it.
    static func days() throws(Failure) -> Int {
        do throws(SettingsError) {
            var settings = Settings()
            let days = settings.integer("DEDUP_HORIZON_DAYS", in: 1...3650, default: 30)
            try settings.check()
            return days
        } catch {
            throw Failure(.usage, "\(error)")
        }
    }
}

extension JobCursor {
    init(_ job: FoundJob) {
        admittedAt = job.admittedAt
        key = job.key
    }
}

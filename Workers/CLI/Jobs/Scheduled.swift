import Contracts
import Runtime

/// A row of the schedule.
struct Scheduled: Sendable {
    let subject: UniqueID
    let dueAt: Timestamp
    let command: String
    let tenant: String
    let messageID: String
    let turn: Int
    let cause: String
    let correlationID: String?
    let trace: TraceHeaders?
    /// Whether it is a passage of a job that the ledger knows; else a deadline that nobody has sent yet.
    let isJob: Bool

    /// Its id; that of a command that came without one is its key.
    var name: String { messageID.isEmpty ? subject.description : messageID }
    /// What the audit calls it.
    var target: String { FoundJob.name(command, name, tenant: tenant) }

    /// How the ledger ends it.
    var cancelled: Cancellation.Subject? {
        guard let command = CommandName(command) else { return nil }
        var found = Cancellation.Subject(key: subject, id: name, command: command, tenant: tenant)
        found.correlationID = correlationID
        found.trace = trace
        return found
    }

    /// The rows that the line chooses, soonest first.
    ///
    /// - Parameter id: a message id or a subject.
    static func all(
        _ invocation: Invocation, id: String? = nil, limit: Int, _ database: Postgres.Connection
    ) throws(PostgresError) -> [Scheduled] {
        let command = invocation.value("command")
        let tenant = Tenants.chosen(invocation)
        let subject = id.flatMap { UniqueID($0) }
        let rows = try database.query(
            """
            SELECT subject, due_at, command, tenant, message_id, turn, cause, correlation_id, traceparent,
                tracestate, EXISTS (SELECT FROM job_key k WHERE k.key = subject)
            FROM schedule
            WHERE (\(command) IS NULL OR command = \(command))
                AND (\(tenant) IS NULL OR tenant = \(tenant) OR subject = \(subject))
                AND (\(id) IS NULL OR message_id = \(id) OR subject = \(subject))
            ORDER BY due_at, subject LIMIT \(Int64(limit))
            """)
        var found: [Scheduled] = []
        for row in 0..<rows.count { found.append(try Scheduled(rows, row)) }
        return found
    }

    private init(_ rows: Rows, _ row: Int) throws(PostgresError) {
        subject = try rows.get(row, 0)
        dueAt = try rows.get(row, 1)
        command = try rows.get(row, 2)
        tenant = try rows.get(row, 3)
        messageID = try rows.get(row, 4)
        turn = try rows.get(row, 5)
        cause = try rows.get(row, 6)
        correlationID = try rows.get(row, 7)
        trace = TraceHeaders(reading: try rows.get(row, 8), state: try rows.get(row, 9))
        isJob = try rows.get(row, 10)
    }

    /// Those whose subjects a statement returned.
    static func returned(_ returned: Rows, of rows: [Scheduled]) throws(PostgresError) -> [Scheduled] {
        var subjects: Set<UniqueID> = []
        for row in 0..<returned.count { subjects.insert(try returned.get(row, 0)) }
        return rows.filter { subjects.contains($0.subject) }
    }
}

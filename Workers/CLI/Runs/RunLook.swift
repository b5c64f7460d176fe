import Contracts
import Runtime

/// What is known of a run at one moment, beside its lines.
struct RunLook {
    let job: FoundJob
    /// What it said last of itself.
    let progress: Contracts.Progress?
    /// How it ended: the event of its outcome.
    let ending: CompletionEvent?
    /// Who has it, when somebody has: fields for people.
    let held: [(String, Cell)]
    let time: Timestamp

    /// How it ended, if it has.
    var outcome: Outcome? { job.state.outcome }
    /// Whether it has ended. All that it wrote was stored before.
    var isOver: Bool { outcome != nil }

    /// Looks at a run. The job is read first: what is read after one that has ended is all there is.
    ///
    /// - Throws: ``ExitCode/notFound`` when the ledger has no such job.
    init(_ key: RunKey, horizon: Int, _ database: Postgres.Connection) throws {
        guard let job = try FoundJob.one(key.key, on: key.day, horizon: horizon, database) else {
            throw Failure(.notFound, "no job `\(key.key)`")
        }
        self.job = job
        time = .now
        let last = try Self.event(of: job, nil, database)
        ending = last.flatMap { $0.kind.isFinal ? $0 : nil }
        let told = last?.kind == .progressed ? last : try Self.event(of: job, .progressed, database)
        progress = told.flatMap { try? $0.decode(Contracts.Progress.self) }
        held = try Self.held(job, database)
    }

    /// The last event of a job, or the last of this kind.
    private static func event(
        of job: FoundJob, _ kind: EventKind?, _ database: Postgres.Connection
    ) throws -> CompletionEvent? {
        guard let command = CommandName(job.command) else { return nil }
        let type = kind.map { Topology.eventType(for: command, $0) }
        let rows = try database.query(
            """
            SELECT body FROM event WHERE day = \(job.day) AND key = \(job.key) AND (\(type) IS NULL OR type = \(type))
            ORDER BY sequence DESC LIMIT 1
            """)
        guard rows.count > 0 else { return nil }
        return try CompletionEvent(parsing: try rows.get(0, 0, as: Bytes.self).array)
    }

    private static func held(_ job: FoundJob, _ database: Postgres.Connection) throws -> [(String, Cell)] {
        let names = [
            "worker", "claimedAt", "leaseUntil", "cancelRequested", "cancelReason", "nextAt", "waitsFor", "targets",
        ]
        let rows = try database.query(
            """
            SELECT CASE WHEN r.state = 'r' THEN r.worker END, CASE WHEN r.state = 'r' THEN r.claimed_at END,
                CASE WHEN r.state = 'r' THEN r.lease_until END, r.cancel_requested, r.cancel_reason,
                s.due_at, s.cause,
                (SELECT json_agg(target ORDER BY target)::text FROM run_target t WHERE t.key = j.key)
            FROM (SELECT \(job.key) AS key) AS j LEFT JOIN run r ON r.key = j.key
                LEFT JOIN schedule s ON s.subject = j.key
            """)
        return try names.enumerated().map { place, name in
            let cell = try Cell(rows, 0, place)
            guard name == "targets", case .text(let text) = cell else { return (name, cell) }
            return (name, .json(Array(text.utf8)))
        }
    }
}

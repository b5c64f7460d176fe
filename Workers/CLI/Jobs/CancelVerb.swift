import Contracts
import Runtime

/// `jobs cancel`: ends what has no outcome, by the ledger's own transaction.
struct CancelVerb {
    private let invocation: Invocation
    private let cancellation: Cancellation
    private let reason: String

    /// Commands in one transaction.
    private static let batch = 200

    init(_ invocation: Invocation) throws(Failure) {
        self.invocation = invocation
        reason = try JobSelection.reason(invocation)
        cancellation = Cancellation(
            reason: Reason(reason: "cancelled", message: reason), actor: "ruche: \(Audit.actor)")
    }

    func run() throws {
        let reach = Reach()
        let database = try reach.database()
        defer { database.close() }
        let isUnknown = try unknown(database)
        if let isUnknown { return try ahead(isUnknown, database) }
        let open: [JobState] = [.waiting, .parked, .started]
        let selection = try JobSelection(invocation, among: open, reach, database)
        if let job = selection.jobs.first(where: { $0.state.outcome != nil }) {
            throw Failure(
                .conflict, "`\(job.id)` is \(job.state.name) already", "see: ruche jobs show \(job.id)")
        }
        guard !selection.jobs.isEmpty else { throw Failure(.notFound, "nothing to cancel") }
        if invocation.has("dry-run") { return selection.rehearse("cancel") }
        try Confirmation.require(invocation, to: "cancel", count: selection.jobs.count)
        let ended = try end(selection.jobs, database)
        let late = selection.jobs.count - ended
        if late > 0, !selection.isByFilter {
            throw Failure(.conflict, "\(late) of \(selection.jobs.count) jobs had just ended by themselves")
        }
        emit("\(ended) of \(selection.jobs.count) jobs cancelled; their events are announced")
        emit("undo: ruche jobs retry with the same ids")
        selection.noteLimit()
    }

    private func end(_ jobs: [FoundJob], _ database: Postgres.Connection) throws -> Int {
        let interrupt = Interrupt()
        var progress = Progress("cancelled", of: jobs.count)
        defer { progress.end() }
        var count = 0
        var next = 0
        while next < jobs.count {
            if let code = interrupt.requested() {
                throw Failure(code, "stopped after \(count) of \(jobs.count) jobs; the same line again goes on")
            }
            let batch = Array(jobs[next..<min(next + Self.batch, jobs.count)])
            count += try end(batch: batch, database)
            next += batch.count
            progress.update(count)
        }
        return count
    }

    private func end(batch: [FoundJob], _ database: Postgres.Connection) throws(PostgresError) -> Int {
        let names = Dictionary(batch.map { ($0.key, $0.name) }, uniquingKeysWith: { first, _ in first })
        let known = try database.query(
            """
            SELECT j.key, j.correlation_id, j.traceparent
            FROM unnest(\(batch.map(\.day)), \(batch.map(\.key))) AS u (day, key) JOIN job j USING (day, key)
            """)
        var subjects = [UniqueID: Cancellation.Subject]()
        for job in batch {
            guard let command = CommandName(job.command) else { continue }
            subjects[job.key] = Cancellation.Subject(key: job.key, id: job.id, command: command, tenant: job.tenant)
        }
        for row in 0..<known.count {
            let key: UniqueID = try known.get(row, 0)
            subjects[key]?.correlationID = try known.get(row, 1)
            subjects[key]?.traceparent = try known.get(row, 2)
        }
        let all = Array(subjects.values)
        return try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            let ended = try cancellation.end(all, in: tx)
            try Audit.write("jobs cancel", each: ended.compactMap { names[$0] }.sorted(), reason, in: tx)
            return ended.count
        }
    }

    /// The one command that the line names and the ledger has no detail of: it lies in its queue, or never came, or
    /// runs alone for the first time.
    private func unknown(_ database: Postgres.Connection) throws -> Cancellation.Subject? {
        guard let id = invocation.argument(0), invocation.arguments.count == 1, !FilterWord.namesField(id) else {
            return nil
        }
        let found = try FoundJob.all(
            id: id, command: invocation.value("command"), tenant: invocation.tenant, horizon: Horizon.days(), database)
        guard found.isEmpty else { return nil }
        guard let name = invocation.value("command") else {
            throw Failure(
                .notFound, "no job `\(id)` has been admitted",
                "to cancel one that is still in its queue, say which: --command NAME")
        }
        guard let command = CommandName(name) else { throw Failure(.usage, "`\(name)` is no name of a command") }
        let key = UniqueID(bytes: Digest.key(name, invocation.tenant, id))
        return Cancellation.Subject(key: key, id: id, command: command, tenant: invocation.tenant)
    }

    /// Books the outcome before the command is admitted: whenever it comes, it is answered with this outcome.
    private func ahead(_ subject: Cancellation.Subject, _ database: Postgres.Connection) throws {
        let name = FoundJob.name(subject.command.rawValue, subject.id, tenant: subject.tenant)
        if invocation.has("dry-run") { return emit("would cancel \(name) before it is admitted") }
        let count = try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            var ended = try cancellation.end([subject], in: tx)
            if ended.isEmpty {
                let arrival = Cancellation.Arrival(subject: subject, turn: 0, hash: [])
                ended = try cancellation.end(arriving: [arrival], in: tx)
            }
            if !ended.isEmpty { try Audit.write("jobs cancel", each: [name], reason, in: tx) }
            return ended.count
        }
        guard count == 1 else {
            throw Failure(.conflict, "`\(subject.id)` has just ended by itself", "see: ruche jobs show \(subject.id)")
        }
        emit("cancelled \(name) before it was admitted: when it comes, its event is announced again")
        emit("undo: nothing; enqueue it under a new id")
    }
}

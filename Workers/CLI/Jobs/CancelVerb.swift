import AMQP
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
            reason: Reason(reason: "cancelled", message: reason), actor: Audit.mark)
    }

    func run() throws {
        let reach = Reach()
        let database = try reach.database()
        defer { database.close() }
        let isUnknown = try unknown(database)
        if let isUnknown { return try ahead(isUnknown, database) }
        let open: [JobState] = [.waiting, .parked, .started, .running]
        let selection = try JobSelection(invocation, among: open, reach, database)
        if let job = selection.jobs.first(where: { $0.state.outcome != nil }) {
            throw Failure(
                .conflict, "`\(job.id)` is \(job.state.name) already", "see: ruche jobs show \(job.id)")
        }
        guard !selection.jobs.isEmpty else { throw Failure(.notFound, "nothing to cancel") }
        if invocation.has("dry-run") { return selection.rehearse("cancel") }
        try Confirmation.require(invocation, to: "cancel", count: selection.jobs.count, of: selection.tenants)
        var undo = Undo("jobs", "retry")
        var asked = 0
        do { try end(selection.jobs, &undo, &asked, database) } catch {
            tell(undo, asked, selection)
            throw error
        }
        let late = selection.jobs.count - undo.count - asked
        guard late > 0, !selection.isByFilter else { return tell(undo, asked, selection) }
        if undo.count + asked > 0 { tell(undo, asked, selection) }
        throw Failure(.conflict, "\(late) of \(selection.jobs.count) jobs had just ended by themselves")
    }

    private func tell(_ undo: Undo, _ asked: Int, _ selection: JobSelection) {
        if undo.count > 0 || asked == 0 {
            emit("\(undo.count) of \(selection.jobs.count) jobs cancelled; their events are announced")
            emit(undo.line)
        }
        if asked > 0 {
            let all = selection.jobs.count
            emit("\(asked) of \(all) jobs are running and were asked to end; their events say how they did")
        }
        selection.noteLimit()
    }

    private func end(
        _ jobs: [FoundJob], _ undo: inout Undo, _ asked: inout Int, _ database: Postgres.Connection
    ) throws {
        let interrupt = Interrupt()
        var progress = Progress("cancelled", of: jobs.count)
        defer { progress.end() }
        var next = 0
        while next < jobs.count {
            if let code = interrupt.requested() {
                throw Failure(code, "stopped after \(undo.count) of \(jobs.count) jobs; the same line again goes on")
            }
            let batch = Array(jobs[next..<min(next + Self.batch, jobs.count)])
            let result = try end(batch: batch, database)
            undo.add(batch.filter { result.ended.contains($0.key) })
            asked += result.asked.count
            next += batch.count
            progress.update(undo.count + asked)
        }
    }

    private func end(
        batch: [FoundJob], _ database: Postgres.Connection
    ) throws(PostgresError) -> Cancellation.Ended {
        let names = Dictionary(batch.map { ($0.key, $0.name) }, uniquingKeysWith: { first, _ in first })
        let known = try database.query(
            """
            SELECT j.key, j.correlation_id, j.traceparent, j.tracestate
            FROM unnest(\(batch.map(\.day)), \(batch.map(\.key))) AS u (day, key) JOIN job j USING (day, key)
            """)
        var subjects = [UniqueID: Cancellation.Subject]()
        for job in batch {
            subjects[job.key] = job.subject
        }
        for row in 0..<known.count {
            let key: UniqueID = try known.get(row, 0)
            subjects[key]?.correlationID = try known.get(row, 1)
            let trace = TraceHeaders(reading: try known.get(row, 2), state: try known.get(row, 3))
            subjects[key]?.trace = trace
        }
        let all = Array(subjects.values)
        return try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            let result = try cancellation.end(all, in: tx)
            let changed = result.ended.union(result.asked).compactMap { names[$0] }
            try Audit.write("jobs cancel", each: changed.sorted(), reason, in: tx)
            return result
        }
    }

    /// The one command that the line names and the ledger has no detail of: it lies in its queue, or never came, or
    /// runs alone for the first time.
    private func unknown(_ database: Postgres.Connection) throws -> Cancellation.Subject? {
        let ids = Set(try JobSelection.words(invocation).ids)
        guard let id = ids.first, ids.count == 1 else { return nil }
        let found = try FoundJob.all(
            id: id, command: invocation.value("command"), tenant: invocation.tenant, horizon: Horizon.days(), database)
        guard found.isEmpty else { return nil }
        guard let name = invocation.value("command") else {
            throw Failure(
                .notFound, "no job `\(id)` has been admitted",
                "to cancel one that is still in its queue, say which: --command NAME")
        }
        let command = try known(name)
        guard let tenant = Tenants.chosen(invocation) else {
            throw Failure(.usage, "`\(id)` has not been admitted: name its tenant, --tenant '*' is none")
        }
        guard (1...Topology.idLimit).contains(id.utf8.count) else {
            throw Failure(.usage, "an id has 1 to \(Topology.idLimit) bytes, this one has \(id.utf8.count)")
        }
        if let field = FilterWord.meantField(by: invocation.arguments[0]) {
            throw Failure(.usage, "no job `\(id)`", "did you mean \(field):? an id is written id:\(id)")
        }
        try refuseDeadline(id, of: command, tenant, database)
        let key = UniqueID.ledgerKey(name, tenant, id)
        return Cancellation.Subject(key: key, id: id, command: command, tenant: tenant)
    }

    /// A command of this edition, or of another one that has a queue here.
    private func known(_ name: String) throws -> CommandName {
        if !Catalogue.commands.contains(where: { $0.name.rawValue == name }), let command = CommandName(name) {
            let broker = try Reach().broker()
            defer { broker.close() }
            if try broker.inspectQueue(Topology.queue(for: command)) != nil { return command }
        }
        return try Payload.command(named: name).name
    }

    /// The schedule will send this command when something's time is up. An outcome that was booked before would be its
    /// answer, and the task or the lease would never end.
    private func refuseDeadline(
        _ id: String, of command: CommandName, _ tenant: String, _ database: Postgres.Connection
    ) throws {
        let rows = try database.query(
            """
            SELECT EXISTS (
                SELECT FROM schedule s WHERE s.message_id = \(id) AND s.command = \(command.rawValue)
                    AND s.tenant = \(tenant) AND NOT EXISTS (SELECT FROM job_key k WHERE k.key = s.subject))
            """)
        guard try rows.get(0, 0) else { return }
        throw Failure(
            .conflict, "`\(id)` is a deadline that the schedule will send; what it ends would stay for ever",
            "end that with cancel-task or release-ip, or take the deadline back with: "
                + ShellLine.joined(
                    ["ruche", "schedule", "cancel", id, "--command", command.rawValue]
                        + (tenant == Topology.defaultTenant ? [] : ["--tenant", tenant])))
    }

    /// Books the outcome before the command is admitted: whenever it comes, it is answered with this outcome.
    private func ahead(_ subject: Cancellation.Subject, _ database: Postgres.Connection) throws {
        let name = FoundJob.name(subject.command.rawValue, subject.id, tenant: subject.tenant)
        if invocation.has("dry-run") { return emit("would cancel \(name) before it is admitted") }
        let count = try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            var ended = try cancellation.end([subject], in: tx).ended
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
        emit("this cannot be undone: what it holds was never seen; enqueue it under a new id")
    }
}

package import Contracts
package import Postgres
import Sealing

/// Ends commands `cancelled` in the transaction of whoever wants it: ledger, detail, event and outbox, as a worker's
/// transaction does it, so that a cancelled command has exactly one outcome too and its event is announced.
///
/// The row of the ledger decides between a cancellation and a worker that has the command in hand: whoever commits
/// first has the say, and the other finds an outcome.
package struct Cancellation: Sendable {
    /// A command as it is known to whoever cancels it.
    package struct Subject: Sendable {
        /// What identifies it in the ledger.
        package var key: UniqueID
        /// The message id, or the key of a command that came without one.
        package var id: String
        /// What it is.
        package var command: CommandName
        /// Whose it is.
        package var tenant: String
        /// What its sender recognises the answer by; its id when there is none.
        package var correlationID: String?
        /// The trace it belongs to.
        package var trace: TraceHeaders?
        /// When its sender says it was sent.
        package var enqueuedAt: Timestamp?
        /// As it is stored: sealed for ``SealContext/job``. `nil` leaves what is stored.
        package var payload: Bytes?

        package init(key: UniqueID, id: String, command: CommandName, tenant: String) {
            self.key = key
            self.id = id
            self.command = command
            self.tenant = tenant
        }
    }

    /// A command on its way, as ``Ledger/admit(keys:turns:hashes:)`` knows it.
    package struct Arrival: Sendable {
        /// The command.
        package var subject: Subject
        /// Which passage through the schedule this is; 0 from its producer.
        package var turn: Int32
        /// SHA-256 of the payload; empty for a command that is cancelled before anybody has seen it.
        package var hash: [UInt8]

        package init(subject: Subject, turn: Int32, hash: [UInt8]) {
            self.subject = subject
            self.turn = turn
            self.hash = hash
        }
    }

    /// Why, for the event.
    package let reason: Reason
    /// Who, for the column that names the worker of other endings.
    package let actor: String
    private let now: Timestamp

    package init(reason: Reason, actor: String, now: Timestamp = .now) {
        self.reason = reason
        self.actor = actor
        self.now = now
    }

    /// What became of commands that are to be cancelled; those that are in neither set have an outcome already.
    package struct Ended: Sendable {
        /// The keys of those that have ended.
        package var ended: Set<UniqueID> = []
        /// The keys of those that somebody runs: the holder ends them when it hears of it, if they do not end before.
        package var asked: Set<UniqueID> = []
    }

    /// Ends what the ledger knows as waiting, parked or started, and runs that wait for somebody; of runs that somebody
    /// holds it asks for the end.
    package func end(
        _ subjects: [Subject], in tx: borrowing Postgres.Transaction
    ) throws(PostgresError) -> Ended {
        let keys = subjects.map(\.key).sorted()
        try tx.execute(Ledger.lockRuns(keys: keys))
        let rows = try tx.query(Ledger.cancel(keys: keys))
        var ended: [UniqueID: AdmittedRow] = [:]
        for row in 0..<rows.count {
            let read = try AdmittedRow(rows, row)
            ended[read.key] = read
        }
        try book(subjects, ended, in: tx)
        try tx.execute(Ledger.unschedule(subjects: ended.keys.sorted()))
        try tx.execute(Ledger.forgetRuns(keys: ended.keys.sorted()))
        var result = Ended(ended: Set(ended.keys))
        let held = try tx.query(Ledger.askToCancel(keys: keys, reason: reason.message))
        for row in 0..<held.count { result.asked.insert(try held.get(row, 0)) }
        return result
    }

    /// Ends what has arrived, or may arrive, before a worker admits it. Returns the keys of those it ended; the others
    /// have an outcome already, or a later passage of theirs counts.
    package func end(
        arriving arrivals: [Arrival], in tx: borrowing Postgres.Transaction
    ) throws(PostgresError) -> Set<UniqueID> {
        let sorted = arrivals.sorted { $0.subject.key < $1.subject.key }
        let rows = try tx.query(
            Ledger.admit(
                keys: sorted.map(\.subject.key), turns: sorted.map(\.turn), hashes: sorted.map { Bytes($0.hash) }))
        let turns = Dictionary(sorted.map { ($0.subject.key, $0.turn) }, uniquingKeysWith: max)
        var ended: [UniqueID: AdmittedRow] = [:]
        var corrections = KeyColumns()
        for row in 0..<rows.count {
            let read = try AdmittedRow(rows, row).uncounted
            ended[read.key] = read
            corrections.keys.append(read.key)
            corrections.states.append(String(JobState.cancelled.rawValue))
            corrections.turns.append(turns[read.key] ?? 0)
            corrections.attempts.append(Int16(clamping: read.attempt))
        }
        if !corrections.isEmpty { try tx.execute(Ledger.settle(corrections)) }
        try book(sorted.map(\.subject), ended, in: tx)
        return Set(ended.keys)
    }

    private func book(
        _ subjects: [Subject], _ ended: [UniqueID: AdmittedRow], in tx: borrowing Postgres.Transaction
    ) throws(PostgresError) {
        guard !ended.isEmpty else { return }
        var events = EventColumns()
        for (command, group) in Dictionary(grouping: subjects, by: \.command) {
            var jobs = JobColumns(command: command.rawValue, worker: actor)
            for subject in group.sorted(by: { $0.key < $1.key }) {
                guard let row = ended[subject.key] else { continue }
                enter(subject, row, &jobs, &events)
            }
            if !jobs.isEmpty { try tx.execute(Ledger.writeJobs(jobs)) }
        }
        try tx.execute(Ledger.insertEvents(events))
        let row: Int64 = try tx.query(Ledger.insertOutbox(events)).get(0, 0)
        // Nobody publishes it after the commit but the relay, which need not wait for anybody.
        try tx.execute("UPDATE outbox SET due_at = now() WHERE id = \(row)")
    }

    private func enter(
        _ subject: Subject, _ row: AdmittedRow, _ jobs: inout JobColumns, _ events: inout EventColumns
    ) {
        let event = CompletionEvent(
            id: row.key.event(row.sequence), command: subject.command, kind: .cancelled, subject: subject.id, time: now,
            correlationID: subject.correlationID ?? subject.id, attempt: row.attempt, sequence: row.sequence,
            tenant: subject.tenant, traceparent: subject.trace?.parent, tracestate: subject.trace?.state,
            data: reason.json())
        jobs.days.append(row.day)
        jobs.keys.append(row.key)
        jobs.ids.append(subject.id)
        jobs.tenants.append(subject.tenant)
        jobs.states.append(String(JobState.cancelled.rawValue))
        jobs.attempts.append(Int16(clamping: row.attempt))
        jobs.reasons.append(reason.reason)
        jobs.payloads.append(subject.payload)
        jobs.correlations.append(subject.correlationID)
        jobs.traces.append(subject.trace)
        jobs.enqueued.append(subject.enqueuedAt)
        jobs.finished.append(true)
        events.days.append(row.day)
        events.keys.append(row.key)
        events.sequences.append(Int32(clamping: row.sequence))
        events.types.append(event.type)
        events.bodies.append(Bytes(event.encode()))
    }
}

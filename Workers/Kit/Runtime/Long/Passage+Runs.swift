import Contracts
import Postgres

/// How a passage claims long commands.
extension Passage {
    /// Claims a command that was just admitted.
    func begin(_ arrived: Arrived, _ row: AdmittedRow, in tx: borrowing Transaction) throws(Rejection) -> Begun {
        guard let terms else { preconditionFailure("a long command without runs") }
        let envelope = arrived.envelope
        let run = Deadline(
            subject: row.key, dueAt: tx.now, command: handler.name, version: envelope.version, tenant: arrived.tenant,
            messageID: envelope.id ?? "", turn: arrived.turn, correlationID: envelope.correlationID,
            replyTo: arrived.replyTo, trace: tx.work.traces[row.key], payload: envelope.payload, cause: "")
        // A wake-up goes through the schedule: sealed as what lies there.
        let payload = Bytes(keys.seal(envelope.payload, context: SealContext.schedule))
        let since = Monotonic.now
        let rows = try tx.query(Ledger.begin(run, attempt: row.attempt, payload: payload, by: terms))
        guard let claim = try claim(row.key, rows) else { preconditionFailure("an insert returns its row") }
        return Begun(arrived: arrived, claim: claim, handler: handler, attempt: row.attempt, since: since)
    }

    /// Claims a run if it waits for somebody.
    func wake(
        _ arrived: Arrived, _ booking: inout Booking, _ done: inout Done, in tx: borrowing Transaction
    ) throws(Rejection) {
        guard let terms, handler.long != nil else { return }
        let since = Monotonic.now
        let rows = try tx.query(Ledger.claim(key: arrived.key, by: terms))
        guard let claim = try claim(arrived.key, rows) else { return }
        guard let row = try tx.admitted(Ledger.reopen(key: arrived.key)) else {
            throw Rejection(.again, Reason(reason: "ledger-moved", message: "The run ended under its claim."))
        }
        let begun = Begun(arrived: arrived, claim: claim, handler: handler, attempt: row.attempt, since: since)
        booking.enter(arrived, row, .begun(begun.progress))
        done.begun.append(begun)
    }

    private func claim(_ key: UniqueID, _ rows: Rows) throws(Rejection) -> RunClaim? {
        do throws(PostgresError) { return try RunClaim(key, rows) } catch { throw Rejection(error) }
    }
}

extension Begun {
    /// What is announced of it.
    var progress: Progress {
        claim.isTakeover
            ? Progress(step: "taken-over", text: "A worker goes on with it.")
            : Progress(step: "begun", text: "A worker has begun.")
    }
}

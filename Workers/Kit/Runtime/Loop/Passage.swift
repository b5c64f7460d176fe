import AMQP
import Contracts
import Postgres

/// One transaction of the loop: { admit · effect · outcome · outbox }, COMMIT. What it throws has left no trace.
struct Passage {
    let handler: Handler
    let identity: String
    let keys: KeyRing
    let announcer: Announcer
    /// `nil` when no spans are exported.
    let tracer: Tracer?
    /// On which terms long commands are claimed; `nil` in a process that has none.
    var terms: RunTerms?

    /// What a committed passage leaves to do.
    struct Done {
        /// Endings that were booked, for the metrics.
        var endings: [EventKind] = []
        /// Deliveries whose id belongs to another body; they go through under a key of their own.
        var reused: [Arrived] = []
        /// What the handlers counted.
        var counts = Counts()
        /// How long each waited that was admitted for the first time, in seconds, as its sender's clock has it.
        var waits: [Double] = []
        /// Why others are tried again.
        var retries: [String] = []
        /// Long commands that were claimed.
        var begun: [Begun] = []
    }

    /// Runs `batch`, sorted by key and without twins, on `connection`.
    func run(_ batch: [Arrived], on connection: Postgres.Connection) throws(Rejection) -> Done {
        let confirmed = announcer.takeConfirmed()
        do throws(Rejection) {
            return try commit(batch, on: connection, forgetting: confirmed)
        } catch {
            announcer.restore(confirmed)
            throw error
        }
    }

    private func commit(
        _ batch: [Arrived], on connection: Postgres.Connection, forgetting confirmed: [Int64]
    ) throws(Rejection) -> Done {
        let now = Timestamp.now
        let begun = Monotonic.now
        let work = UnitOfWork(now: now, keys: keys)
        var booking = Booking(handler: handler, worker: identity, now: now, keys: keys, tracer: tracer)
        var done = Done()

        let tx = Transaction(base: connection.begin(), work: work)
        #if FAULTS
        if !confirmed.isEmpty, Faults.reach(.mark, .before) { connection.cut() }
        #endif
        if !confirmed.isEmpty { try tx.send(Ledger.forgetOutbox(ids: confirmed)) }
        #if FAULTS
        if Faults.reach(.admit, .before) { try tx.fail(.deadlock) }
        #endif
        let rows = try admit(batch, in: tx)
        #if FAULTS
        if Faults.reach(.admit, .after) { try tx.fail(.serialization) }
        #endif
        if rows.count < batch.count { try answerKnown(batch, rows, &booking, &done, in: tx) }
        for (arrived, row, ending) in try handle(batch, rows, &done, in: tx) {
            booking.enter(arrived, row, ending)
            done.endings.append(ending.kind)
            if row.isFirst, let sent = arrived.envelope.enqueuedAt { done.waits.append(max(0, (now - sent).seconds)) }
            if case .retrying(let reason, _) = ending { done.retries.append(reason.reason) }
        }
        let outbox = try booking.send(in: tx)
        if handler.long != nil, done.endings.contains(where: \.isFinal) {
            // It ends without a run: what an earlier passage has left of one goes.
            try tx.send(Ledger.forgetRuns(keys: rows.keys.sorted()))
        }
        #if FAULTS
        if Faults.reach(.commit, .before) { connection.cut() }
        #endif
        let row = try tx.commit(outbox)
        #if FAULTS
        let isLost = Faults.reach(.commit, .after) || !confirmed.isEmpty && Faults.reach(.mark, .after)
        if isLost {
            connection.cut()
            throw Rejection(PostgresError.lostAnswer())
        }
        #endif

        done.counts = work.counts
        announcer.publish(booking.announcements, row: row, repeats: booking.repeats)
        // By the clock that is never set back: a span does not end before it begins.
        if let tracer { tracer.record(booking.spans, ended: now + (Monotonic.now - begun), of: batch.count) }
        return done
    }

    /// Admits what may run. The answer is in the order of the batch.
    private func admit(_ batch: [Arrived], in tx: borrowing Transaction) throws(Rejection) -> [UniqueID: AdmittedRow] {
        let keys = batch.map(\.key)
        let (turns, hashes) = (batch.map { Int32(clamping: $0.turn) }, batch.map { Bytes($0.hash) })
        #if FAULTS
        let rows = try tx.query(Ledger.sabotagedAdmit(keys: keys, turns: turns, hashes: hashes))
        #else
        let rows = try tx.query(Ledger.admit(keys: keys, turns: turns, hashes: hashes))
        #endif
        var admitted: [UniqueID: AdmittedRow] = [:]
        admitted.reserveCapacity(rows.count)
        do throws(PostgresError) {
            for row in 0..<rows.count {
                let read = try AdmittedRow(rows, row)
                admitted[read.key] = read
            }
        } catch {
            throw Rejection(error)
        }
        return admitted
    }

    /// Calls the handler for what was admitted, and turns its verdicts into endings.
    private func handle(
        _ batch: [Arrived], _ rows: [UniqueID: AdmittedRow], _ done: inout Done, in tx: borrowing Transaction
    ) throws(Rejection) -> [(Arrived, AdmittedRow, Ending)] {
        var jobs: [Admitted] = []
        var endings: [(Arrived, AdmittedRow, Ending)] = []
        var handled: [(Arrived, AdmittedRow)] = []
        for arrived in batch {
            guard let row = rows[arrived.key] else { continue }
            if let trace = arrived.trace(in: row, by: tracer) { tx.work.traces[row.key] = trace }
            if let rejection = arrived.preset ?? forgotten(arrived, row) ?? expired(arrived, now: tx.now) {
                endings.append((arrived, row, try ending(of: rejection, arrived, row, now: tx.now)))
            } else {
                handled.append((arrived, row))
                jobs.append(
                    Admitted(
                        key: row.key, id: arrived.id, tenant: arrived.tenant, attempt: row.attempt,
                        sentAt: arrived.envelope.enqueuedAt, payload: arrived.envelope.payload))
            }
        }
        guard !jobs.isEmpty else { return endings }
        for ((arrived, row), ended) in zip(handled, try run(jobs, in: tx)) {
            switch ended {
            case .completed(let completion): endings.append((arrived, row, .succeeded(completion)))
            case .rejected(let rejection):
                endings.append((arrived, row, try ending(of: rejection, arrived, row, now: tx.now)))
            case .claimable:
                let begun = try begin(arrived, row, in: tx)
                done.begun.append(begun)
                endings.append((arrived, row, .begun(begun.progress)))
            }
        }
        return endings
    }

    private func run(_ jobs: [Admitted], in tx: borrowing Transaction) throws(Rejection) -> [Ended] {
        #if FAULTS
        if Faults.reach(.effect, .before) { try tx.fail(.diskFull) }
        let ended = try Sabotage.isOn(.effectOutside) ? runOutside(jobs, tx.work) : handler.run(jobs, tx)
        if Faults.reach(.effect, .after) { try tx.fail(.serialization) }
        return ended
        #else
        return try handler.run(jobs, tx)
        #endif
    }

    /// A command from the schedule, or a replay, that the ledger has no row of.
    private func forgotten(_ arrived: Arrived, _ row: AdmittedRow) -> Rejection? {
        guard arrived.turn > 0, row.isFirst else { return nil }
        return .refused("past-horizon", "The ledger has forgotten this command; running it could repeat its effect.")
    }

    /// A command whose time is over. Judged in the transaction that would do it: the delivery may have been held.
    private func expired(_ arrived: Arrived, now: Timestamp) -> Rejection? {
        guard let expiresAt = arrived.envelope.expiresAt, expiresAt <= now else { return nil }
        return .refused("expired", "The command was to be done by \(expiresAt.rfc3339).")
    }

    private func ending(
        of rejection: Rejection, _ arrived: Arrived, _ row: AdmittedRow, now: Timestamp
    ) throws(Rejection) -> Ending {
        let ending = Verdict.ending(
            of: rejection, attempt: row.attempt, passages: arrived.turn, policy: handler.retry, now: now,
            random: .random(in: 0..<1))
        guard let ending else { throw rejection }
        return ending
    }

    /// Answers deliveries the ledger did not admit.
    private func answerKnown(
        _ batch: [Arrived], _ rows: [UniqueID: AdmittedRow], _ booking: inout Booking, _ done: inout Done,
        in tx: borrowing Transaction
    ) throws(Rejection) {
        let others = batch.filter { rows[$0.key] == nil }
        let found = try tx.query(Ledger.known(keys: others.map(\.key)))
        let byKey = Dictionary(others.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        var answered = 0
        for row in 0..<found.count {
            let known: KnownRow
            do throws(PostgresError) { known = try KnownRow(found, row) { byKey[$0]?.hash ?? [] } } catch {
                throw Rejection(error)
            }
            guard let arrived = byKey[known.key] else { continue }
            switch Admission.decide(known.standing, Arrival(turn: arrived.turn, isRedelivery: false)) {
            case .announce:
                if let event = known.event { booking.repeatEvent(event, for: arrived) }
            case .idReused: done.reused.append(arrived)
            case .ignore: break
            case .wake: try wake(arrived, &booking, &done, in: tx)
            case .run, .runAlone, .pastHorizon: continue
            }
            answered += 1
        }
        // Between the two statements an operator or the pruning changed a row: look again with fresh eyes.
        guard answered == others.count else {
            throw Rejection(.again, Reason(reason: "ledger-moved", message: "The ledger changed under the batch."))
        }
    }
}

extension Transaction {
    /// Commits; returns the id of the outbox row that `outbox` inserted.
    consuming func commit(_ outbox: Ticket?) throws(Rejection) -> Int64? {
        do throws(PostgresError) {
            let results = try base.commit()
            guard let outbox else { return nil }
            return try results[outbox].get(0, 0)
        } catch {
            throw Rejection(error)
        }
    }
}

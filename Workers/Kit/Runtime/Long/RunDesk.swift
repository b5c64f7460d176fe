import Contracts
import Postgres

/// What runs write, on the thread of the ``RunWriter``. Every write is one transaction under the fence of the run, and
/// is made once: one whose answer was lost is told from one that was not made by its number.
final class RunDesk {
    private let database: Database
    private let common: Common
    /// The number of the last write under each fence.
    private var writes: [HeldKey: Int64] = [:]

    /// What it needs of the process.
    struct Common: Sendable {
        let announcer: Announcer
        let keys: KeyRing
        let identity: String
        let tracer: Tracer?
        let meter: WorkMeter
        let log: Logger
        /// Set when the process has no more time.
        let isOver: Stop
        let pulse: Pulse
    }

    /// Whose targets are.
    enum Holding: Sendable { case all, none, others }

    init(_ common: Common, database: Database) {
        self.common = common
        self.database = database
    }

    func close() { database.close() }

    /// The run has ended: its writes are not numbered any more.
    func forget(_ run: Run) { writes[run.begun.claim.held] = nil }

    /// A transaction of the handler's own.
    func write<R>(
        _ run: Run, _ body: (borrowing Transaction) throws(Rejection) -> R
    ) throws(Rejection) -> R {
        try commit(run) { (tx: borrowing Transaction) throws(Rejection) -> (R, Ticket?) in
            let value = try body(tx)
            try tx.sendPlans()
            return (value, nil)
        }.value
    }

    /// A step of progress, a checkpoint, or both.
    func write(
        _ run: Run, progress: Progress?, checkpoint: String?, isFurther: Bool = true
    ) throws(Rejection) {
        let committed = try commit(run) { (tx: borrowing Transaction) throws(Rejection) -> (Announcement?, Ticket?) in
            if let checkpoint {
                try tx.send(Ledger.keep(checkpoint: checkpoint, isFurther: isFurther, of: run.key))
            }
            guard let progress else { return (nil, nil) }
            try tx.send(Ledger.countProgress(of: run.key))
            guard let row = try tx.admitted(Ledger.advance(key: run.key)) else { throw .lostRun }
            var booking = makeBooking(run, at: tx.now)
            booking.note(progress, of: run.begun.arrived, row)
            return (booking.announcements.first, try booking.send(in: tx))
        }
        if let announcement = committed.value {
            common.announcer.publish([announcement], row: committed.row, repeats: [])
        }
    }

    /// Takes targets, all or none.
    func lock(_ targets: [String], for run: Run) throws(Rejection) -> Holding {
        do throws(Rejection) {
            return try write(run) { (tx: borrowing Transaction) throws(Rejection) -> Holding in
                if try tx.query(Ledger.lock(targets, for: run.begun.claim.held)).count == targets.count { return .all }
                throw Rejection(.postpone, Reason(reason: "target-busy", message: ""))
            }
        } catch {
            guard error.consequence == .postpone else { throw error }
            return try write(run) { (tx: borrowing Transaction) throws(Rejection) -> Holding in
                try tx.number(Ledger.targets(of: run.key)) > 0 ? .others : .none
            }
        }
    }

    /// Ends the run in one transaction: the closing effect, or none; the outcome, or the next passage; the event. What
    /// the closing effect rejects is what the run ends with.
    ///
    /// - Returns: what was booked; `nil` when an earlier try was, and its answer was lost.
    /// - Throws: ``Rejection/lostRun``, and nothing was written.
    func end(
        _ run: Run, with result: Result<Closing<[UInt8]>, Rejection>
    ) throws(Rejection) -> (kind: EventKind, reason: Reason?) {
        do throws(Rejection) {
            return try book(run, result)
        } catch {
            guard case .success = result, error.consequence != .yield else { throw error }
            return try book(run, .failure(run.ending(of: error)))
        }
    }

    /// What a run was booked to have ended with.
    private struct Booked {
        let booking: Booking
        let kind: EventKind
        let reason: Reason?
    }

    private func book(
        _ run: Run, _ result: Result<Closing<[UInt8]>, Rejection>
    ) throws(Rejection) -> (kind: EventKind, reason: Reason?) {
        let committed = try commit(run, isFinal: true) {
            (tx: borrowing Transaction) throws(Rejection) -> (Booked, Ticket?) in try close(run, result, in: tx)
        }
        let booked = committed.value
        common.announcer.publish(booked.booking.announcements, row: committed.row, repeats: [])
        common.tracer?.record(booked.booking.spans, ended: .now, of: 1)
        return (booked.kind, booked.reason)
    }

    private func close(
        _ run: Run, _ result: Result<Closing<[UInt8]>, Rejection>, in tx: borrowing Transaction
    ) throws(Rejection) -> (Booked, Ticket?) {
        let closed: Result<[UInt8], Rejection>
        switch result {
        case .success(let closing): closed = .success(try closing.effect(tx))
        case .failure(let rejection): closed = .failure(rejection)
        }
        guard let row = try tx.admitted(Ledger.reopen(key: run.key)) else { throw .lostRun }
        let ending = try ending(of: closed, run.begun, row, now: tx.now)
        var booking = makeBooking(run, at: tx.now)
        // By the clock that is never set back: a span does not end before it begins.
        booking.since = tx.now + (run.begun.since - Monotonic.now)
        booking.enter(run.begun.arrived, row, ending)
        #if FAULTS
        if Faults.reach(.runEnd, .before) { try tx.fail(.serialization) }
        #endif
        let ticket = try booking.send(in: tx)
        if ending.state.outcome == nil {
            try tx.send(Ledger.rest(key: run.key))
        } else {
            try tx.send(Ledger.forgetRuns(keys: [run.key]))
        }
        return (Booked(booking: booking, kind: ending.kind, reason: ending.reason), ticket)
    }

    /// Hands the run back, with its checkpoint and its targets, and has another woken.
    func handBack(_ run: Run, isClean: Bool) throws(Rejection) {
        let held = run.begun.claim.held
        try again(run, isFinal: true) { (connection: Postgres.Connection) throws(Rejection) -> Void in
            let freed: Int
            do throws(PostgresError) {
                freed = try connection.execute(Ledger.handBack(held, isClean: isClean))
            } catch {
                throw Rejection(error)
            }
            if freed == 0 { throw .lostRun }
        }
    }

    private func ending(
        of closed: Result<[UInt8], Rejection>, _ begun: Begun, _ row: AdmittedRow, now: Timestamp
    ) throws(Rejection) -> Ending {
        switch closed {
        case .success(let completion): return .succeeded(completion)
        case .failure(let rejection):
            let ending = Verdict.ending(
                of: rejection, attempt: row.attempt, passages: begun.arrived.turn, policy: begun.handler.retry,
                now: now, random: .random(in: 0..<1))
            guard let ending else { throw rejection }
            return ending
        }
    }

    private func makeBooking(_ run: Run, at now: Timestamp) -> Booking {
        Booking(
            handler: run.begun.handler, worker: common.identity, now: now, keys: common.keys, tracer: common.tracer)
    }
}

/// Transactions under a fence.
extension RunDesk {
    /// Commits `body` under the fence of the run. Returns its value, and the row of the outbox that its ticket stands
    /// for; none when the answer to the commit was lost, and the relay publishes it.
    ///
    /// - Parameter isFinal: whether it is tried for as long as the process has time, whatever became of the lease: the
    ///   fence decides.
    private func commit<R>(
        _ run: Run, isFinal: Bool = false, _ body: (borrowing Transaction) throws(Rejection) -> (R, Ticket?)
    ) throws(Rejection) -> (value: R, row: Int64?) {
        let held = run.begun.claim.held
        let number = (writes[held] ?? 0) + 1
        var unheard: R?
        return try again(run, isFinal: isFinal) {
            (connection: Postgres.Connection) throws(Rejection) -> (value: R, row: Int64?) in
            let (began, instant) = (Monotonic.now, ContinuousClock.now)
            let work = UnitOfWork(now: .now, keys: common.keys)
            work.enter(run)
            let tx = Transaction(base: connection.begin(), work: work)
            guard try tx.query(Ledger.write(held, number: number)).count == 1 else {
                tx.rollback()
                guard let unheard, try isWritten(held, number, isFinal, connection) else { throw .lostRun }
                writes[held] = number
                return (unheard, nil)
            }
            let (value, ticket) = try body(tx)
            let row: Int64?
            do throws(Rejection) { row = try tx.commit(ticket) } catch {
                if error.database?.isOutcomeUnknown ?? false { unheard = value }
                throw error
            }
            #if FAULTS
            if isFinal, Faults.reach(.runEnd, .after) {
                connection.cut()
                unheard = value
                throw Rejection(PostgresError.lostAnswer())
            }
            #endif
            writes[held] = number
            run.renewed(began, instant)
            common.meter.add(work.counts)
            return (value, row)
        }
    }

    /// Whether a write whose answer was lost was made.
    private func isWritten(
        _ held: HeldKey, _ number: Int64, _ isFinal: Bool, _ connection: Postgres.Connection
    ) throws(Rejection) -> Bool {
        do throws(PostgresError) {
            let question = isFinal ? Ledger.hasEnded(held) : Ledger.hasWritten(held, number: number)
            return try connection.query(question).get(0, 0)
        } catch {
            throw Rejection(error)
        }
    }

    /// Tries again what failed for no fault of its own.
    private func again<R>(
        _ run: Run, isFinal: Bool, _ body: (Postgres.Connection) throws(Rejection) -> R
    ) throws(Rejection) -> R {
        var tries = 0
        while true {
            common.pulse.beat()
            do throws(Rejection) {
                let connection: Postgres.Connection
                do throws(PostgresError) { connection = try database.open() } catch {
                    throw Rejection(.again, Rejection(error).reason, database: error)
                }
                return try body(connection)
            } catch {
                guard error.consequence == .again, let cause = error.database else { throw error }
                database.leave(after: cause)
                tries += 1
                if tries == 1 {
                    common.log.warning(
                        "a write of a run is made again",
                        [(.jobID, .string(run.id)), (.error, .string(error.reason.message))])
                }
                if !isFinal, run.isLost { throw .yielding }
            }
            let pause = Self.backoff.delay(after: tries, random: .random(in: 0..<1))
            if common.isOver.wait(for: pause) { throw .yielding }
        }
    }

    private static let backoff = RetryPolicy(attempts: .max, base: .milliseconds(20), cap: .seconds(1))
}

extension Transaction {
    /// The row of a statement that returns at most one, as ``Ledger/admit(keys:turns:hashes:)`` returns it.
    borrowing func admitted(_ sql: SQL) throws(Rejection) -> AdmittedRow? {
        let rows = try query(sql)
        do throws(PostgresError) { return rows.isEmpty ? nil : try AdmittedRow(rows, 0) } catch {
            throw Rejection(error)
        }
    }

    /// The number that a statement returns.
    borrowing func number(_ sql: SQL) throws(Rejection) -> Int {
        let rows = try query(sql)
        do throws(PostgresError) { return try rows.get(0, 0) } catch { throw Rejection(error) }
    }

    /// Ends it without a trace.
    consuming func rollback() { base.rollback() }
}

extension UnitOfWork {
    /// Turns to a run.
    func enter(_ run: Run) {
        tenant = run.tenant
        job = run.key
        attempt = run.attempt
        if let trace = run.begun.arrived.envelope.trace { traces[run.key] = trace }
    }
}

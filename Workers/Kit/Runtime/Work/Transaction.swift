package import Contracts
package import Postgres

/// The open transaction, lent to a handler for the length of one call.
///
/// It cannot be stored, captured by a task or sent elsewhere: it is not copyable and only ever borrowed. Values are
/// interpolated into ``SQL`` as parameters; text cannot become a statement.
///
/// All methods throw ``Rejection``, the handler's own error, so a handler lets them pass.
package struct Transaction: ~Copyable {
    let base: Postgres.Transaction
    let work: UnitOfWork

    /// The tenant of the command that is being handled. In a batch, read it from each ``Job`` instead.
    package var tenant: String { work.tenant }
    /// The ledger key of the command that is being handled; stable across retries.
    package var job: UniqueID { work.job }
    /// Which counted attempt of the command this is, from 1.
    package var attempt: Int { work.attempt }
    /// The time of this transaction by the worker's clock: one value for everything a batch decides.
    package var now: Timestamp { work.now }
    /// The keys for sealing what is stored.
    package var keys: KeyRing { work.keys }

    /// Runs a statement and returns its rows. One round trip.
    package borrowing func query(_ sql: SQL) throws(Rejection) -> Rows {
        // Not through `start`: a result that is claimed by a ticket is kept until the commit.
        if !sql.isRead { work.wrote = true }
        return try rejecting { () throws(PostgresError) in try base.query(sql) }
    }

    /// Runs a statement and returns how many rows it changed. One round trip.
    @discardableResult
    package borrowing func run(_ sql: SQL) throws(Rejection) -> Int {
        try query(sql).affected
    }

    /// Sends a statement whose result nobody waits for: it travels with the next round trip, at latest with the
    /// commit. An error in it still fails the whole transaction.
    package borrowing func send(_ sql: SQL) throws(Rejection) {
        _ = try start(sql)
    }

    /// Sends a statement now and reads its rows later with ``receive(_:)``; several share one round trip.
    package borrowing func start(_ sql: SQL) throws(Rejection) -> Ticket {
        if !sql.isRead { work.wrote = true }
        return base.send(sql)
    }

    /// The rows of a statement that ``start(_:)`` sent.
    package borrowing func receive(_ ticket: Ticket) throws(Rejection) -> Rows {
        try rejecting { () throws(PostgresError) in try base.receive(ticket) }
    }

    /// Streams rows into a table with COPY, in constant memory. Returns the number of rows.
    @discardableResult
    package borrowing func copy(
        _ sql: SQL, _ rows: (inout CopyWriter) throws(PostgresError) -> Void
    ) throws(Rejection) -> Int {
        work.wrote = true
        return try rejecting { () throws(PostgresError) in try base.copyIn(sql, rows) }
    }

    /// Publishes `command` when `due` comes, if this transaction commits.
    ///
    /// `subject` names what the deadline is about. There is at most one row a subject: scheduling it again moves it.
    /// The message id is `name`, a colon and 16 random digits, drawn by each call: nobody can book an outcome under it
    /// before the message comes, and a later deadline of the same subject is another command. See
    /// ``Job/isScheduled(as:)``.
    ///
    /// - Parameter job: the command of a batch that decides it, by its key: the deadline belongs to its trace. ``job``
    ///   when it is not given.
    package borrowing func schedule<C: Command>(
        _ command: C, due: Timestamp, subject: UniqueID, name: String, tenant: String, cause: String,
        by job: UniqueID? = nil
    ) {
        work.wrote = true
        work.plans.schedule(
            Deadline(
                subject: subject, dueAt: due, command: C.name, version: C.version, tenant: tenant,
                messageID: ScheduledID.draw(name), trace: work.traces[job ?? work.job], payload: command.json(),
                cause: cause))
    }

    /// Takes back what is scheduled for `subject`, if this transaction commits.
    package borrowing func unschedule(subject: UniqueID) {
        work.wrote = true
        work.plans.withdraw(subject)
    }

    /// Adds to a counter among ``WorkOptions/counters`` once this transaction has committed: what is rolled back and
    /// tried again counts once. A commit whose answer is lost with the connection is not counted.
    ///
    /// - Parameter values: of the counter's labels; from a small set, as every combination is kept for good.
    package borrowing func count(_ amount: Int, _ values: [String], of counter: Counter) {
        work.counts.add(amount, values, of: counter)
    }

    private borrowing func rejecting<R: ~Copyable>(_ body: () throws(PostgresError) -> R) throws(Rejection) -> R {
        do { return try body() } catch { throw Rejection(error) }
    }
}

extension SQL {
    /// Whether the statement only reads, as far as its first word tells. `WITH` counts as writing.
    var isRead: Bool { text.hasPrefix("SELECT") || text.hasPrefix("select") }
}

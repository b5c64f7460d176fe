/// An open transaction. It ends once: ``commit(file:line:)``, ``rollback()``, or, when it is dropped, a rollback that
/// is counted on the connection as a defect.
///
/// Lent as `borrowing`, it cannot be kept. Statements that are sent without reading their results travel together:
/// BEGIN goes out with the first, COMMIT with the last. After an error nothing more is sent; every call throws that
/// same error until the transaction is rolled back.
package struct Transaction: ~Copyable {
    let connection: Connection
    let serial: Int

    init(connection: Connection, serial: Int) {
        self.connection = connection
        self.serial = serial
    }

    deinit { connection.abandon(serial) }

    /// Queues a statement without waiting; the server may start on it before anything is received. A failure to send
    /// surfaces when a result is received, or at the commit.
    package func send(_ sql: SQL, file: StaticString = #fileID, line: UInt = #line) -> Ticket {
        connection.send(sql, in: serial, at: SourceLocation(file: file, line: line))
    }

    /// Waits for the result of a statement, and of all sent before it. One round trip, or none when it is there.
    ///
    /// A result stays until the transaction ends, so it can be received again. Throws the transaction's first error
    /// when this statement failed or came after the one that did; the error's place is that of the failed statement.
    package func receive(
        _ ticket: Ticket, file: StaticString = #fileID, line: UInt = #line
    ) throws(PostgresError) -> Rows {
        try connection.receive(ticket, in: serial, at: SourceLocation(file: file, line: line))
    }

    /// Sends a statement and waits for its result.
    package func query(
        _ sql: SQL, file: StaticString = #fileID, line: UInt = #line
    ) throws(PostgresError) -> Rows {
        let ticket = send(sql, file: file, line: line)
        defer { connection.forget(ticket) }
        return try receive(ticket, file: file, line: line)
    }

    /// Sends a statement, waits, and returns how many rows it touched.
    @discardableResult
    package func execute(
        _ sql: SQL, file: StaticString = #fileID, line: UInt = #line
    ) throws(PostgresError) -> Int {
        try query(sql, file: file, line: line).affected
    }

    /// Waits for everything sent so far. Throws the transaction's first error.
    package func check(file: StaticString = #fileID, line: UInt = #line) throws(PostgresError) {
        try connection.check(serial, at: SourceLocation(file: file, line: line))
    }

    /// Runs trusted statements without parameters one after another; everything sent before is waited for.
    package func script(
        _ text: String, file: StaticString = #fileID, line: UInt = #line
    ) throws(PostgresError) {
        try connection.script(text, in: serial, at: SourceLocation(file: file, line: line))
    }

    /// Runs `body` in a savepoint: when it throws, what it did is undone and the transaction goes on. Two round trips
    /// more than the body. A lost connection cannot be undone.
    package func savepoint<R>(
        file: StaticString = #fileID, line: UInt = #line,
        _ body: (borrowing Transaction) throws(PostgresError) -> R
    ) throws(PostgresError) -> R {
        let location = SourceLocation(file: file, line: line)
        let savepoint = try connection.setSavepoint(in: serial, at: location)
        do throws(PostgresError) {
            let value = try body(self)
            try connection.release(savepoint, in: serial, at: location)
            return value
        } catch {
            connection.undo(savepoint, in: serial, at: location)
            throw error
        }
    }

    /// Commits: COMMIT travels with everything still queued, in one round trip.
    ///
    /// Returns only when the server has answered COMMIT. Throws the transaction's first error, after a rollback;
    /// ``PostgresError/Code/notCommitted`` when the server answered ROLLBACK; and with
    /// ``PostgresError/isOutcomeUnknown`` when the connection was lost after COMMIT was sent, or the wait for a
    /// synchronous standby was cancelled.
    package consuming func commit(
        file: StaticString = #fileID, line: UInt = #line
    ) throws(PostgresError) -> Results {
        try connection.commit(serial, at: SourceLocation(file: file, line: line))
    }

    /// Undoes everything. When that fails, the connection is not usable any more, and the server undoes it.
    package consuming func rollback() { connection.rollback(serial) }
}

extension Connection {
    /// Opens a transaction. No round trip: BEGIN goes out with the first statement, and not at all without one.
    ///
    /// On a lost connection, or one that has a transaction open, every call of the result throws.
    package func begin(_ mode: TransactionMode = .readCommitted) -> Transaction {
        let serial = nextSerial()
        if exchange == nil {
            exchange = Exchange(serial: serial, begin: mode.begin)
            if let breakage { exchange?.fail(breakage) }
        }
        return Transaction(connection: self, serial: serial)
    }

    /// Runs `body` in a transaction, commits when it returns and rolls back when it throws.
    package func transaction<R>(
        _ mode: TransactionMode = .readCommitted, file: StaticString = #fileID, line: UInt = #line,
        _ body: (borrowing Transaction) throws(PostgresError) -> R
    ) throws(PostgresError) -> R {
        let transaction = begin(mode)
        let value: R
        do throws(PostgresError) {
            value = try body(transaction)
        } catch {
            transaction.rollback()
            throw error
        }
        _ = try transaction.commit(file: file, line: line)
        return value
    }
}

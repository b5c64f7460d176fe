import CPostgres

/// What a ``Transaction`` does, on the connection that holds its state.
extension Connection {
    private static let commit: SQL = "COMMIT"
    private static let rollback: SQL = "ROLLBACK"

    func send(_ sql: SQL, in serial: Int, at location: SourceLocation) -> Ticket {
        guard exchange?.serial == serial, let slot = exchange?.slots.count else { return Ticket(serial: -1, slot: 0) }
        exchange?.slots.append(nil)
        begin(at: location)
        if exchange?.failure == nil { enqueue(sql, at: location) { .statement(slot: slot, key: $0) } }
        return Ticket(serial: serial, slot: slot)
    }

    func receive(_ ticket: Ticket, in serial: Int, at location: SourceLocation) throws(PostgresError) -> Rows {
        try own(serial, at: location)
        guard ticket.serial == serial, let slots = exchange?.slots, ticket.slot < slots.count else {
            throw PostgresError(.misuse, "a ticket of another transaction", at: location)
        }
        if let rows = slots[ticket.slot] { return rows }
        settleInside(at: location)
        if let rows = exchange?.slots[ticket.slot] { return rows }
        throw exchange?.failure ?? PostgresError(.misuse, "a ticket that was undone", at: location)
    }

    /// The last statement's result is not wanted any more.
    func forget(_ ticket: Ticket) {
        guard exchange?.serial == ticket.serial, exchange?.slots.count == ticket.slot + 1, pipeline.isEmpty else {
            return
        }
        exchange?.slots.removeLast()
    }

    func check(_ serial: Int, at location: SourceLocation) throws(PostgresError) {
        try own(serial, at: location)
        settleInside(at: location)
        if let failure = exchange?.failure { throw failure }
    }

    func script(_ text: String, in serial: Int, at location: SourceLocation) throws(PostgresError) {
        try own(serial, at: location)
        begin(at: location)
        try check(serial, at: location)
        runScript(text, at: location)
        try check(serial, at: location)
    }

    func commit(_ serial: Int, at location: SourceLocation) throws(PostgresError) -> Results {
        try own(serial, at: location)
        defer { exchange = nil }
        guard exchange?.failure != nil || exchange?.hasBegun == true else { return Results(serial: serial, slots: []) }
        if exchange?.failure == nil {
            enqueue(Self.commit, at: location) { .commit($0) }
            sync()
            // Only what reached the socket can have taken effect.
            let isSent = breakage == nil
            deallocate()
            settle()
            if let exchange, exchange.isCommitted { return Results(serial: serial, slots: exchange.slots) }
            if isSent { exchange?.markOutcomeUnknown() }
        }
        let failure = exchange?.failure ?? PostgresError(.notCommitted, "COMMIT was not answered", at: location)
        rollBack()
        throw failure
    }

    func rollback(_ serial: Int) {
        guard exchange?.serial == serial else { return }
        rollBack()
        exchange = nil
    }

    /// A transaction was dropped while it was open.
    func abandon(_ serial: Int) {
        guard exchange?.serial == serial else { return }
        abandonedTransactions += 1
        rollback(serial)
    }

    /// Ends the server's transaction, if it has one. The group before gets its own Sync: an error in it must not skip
    /// the ROLLBACK.
    private func rollBack() {
        guard exchange?.hasBegun == true, breakage == nil else { return }
        sync()
        if !pipeline.isEmpty || !link.isOutsideTransaction {
            enqueue(Self.rollback, at: .unknown) { .control($0) }
            sync()
            deallocate()
            settle()
        }
        if breakage == nil, !link.isOutsideTransaction { lose("ROLLBACK did not end the transaction") }
    }

    /// Sends BEGIN unless it was.
    func begin(at location: SourceLocation) {
        guard let begin = exchange?.begin, exchange?.hasBegun == false, exchange?.failure == nil else { return }
        exchange?.hasBegun = true
        enqueue(begin, at: location) { .control($0) }
    }

    /// Reads everything due, and makes sure that the transaction is still ours.
    func settleInside(at location: SourceLocation) {
        settle()
        guard exchange?.failure == nil, exchange?.hasBegun == true, !link.isInTransaction else { return }
        exchange?.fail(PostgresError.transactionControl.located(at: location))
    }

    private func own(_ serial: Int, at location: SourceLocation) throws(PostgresError) {
        guard exchange?.serial == serial else {
            throw PostgresError(.misuse, "the connection has another transaction open", at: location)
        }
    }
}

/// Savepoints, named by their depth.
extension Connection {
    /// Sets a savepoint after everything sent so far has succeeded. Returns its depth.
    func setSavepoint(in serial: Int, at location: SourceLocation) throws(PostgresError) -> Int {
        try own(serial, at: location)
        begin(at: location)
        try check(serial, at: location)
        exchange?.depth += 1
        let depth = exchange?.depth ?? 0
        enqueue(SQL(script: "SAVEPOINT ruche_\(depth)"), at: location) { .control($0) }
        return depth
    }

    func release(_ depth: Int, in serial: Int, at location: SourceLocation) throws(PostgresError) {
        try check(serial, at: location)
        enqueue(SQL(script: "RELEASE SAVEPOINT ruche_\(depth)"), at: location) { .control($0) }
        try check(serial, at: location)
        exchange?.depth = depth - 1
    }

    func undo(_ depth: Int, in serial: Int, at location: SourceLocation) {
        guard exchange?.serial == serial else { return }
        settle()
        exchange?.depth = depth - 1
        guard breakage == nil else { return }
        exchange?.recover()
        enqueue(SQL(script: "ROLLBACK TO SAVEPOINT ruche_\(depth)"), at: location) { .control($0) }
        enqueue(SQL(script: "RELEASE SAVEPOINT ruche_\(depth)"), at: location) { .control($0) }
        settleInside(at: location)
    }
}

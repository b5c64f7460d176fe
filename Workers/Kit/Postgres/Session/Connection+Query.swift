import CPostgres

extension Connection {
    /// Runs one statement in a transaction of its own. One round trip.
    ///
    /// Throws what the server says, and ``PostgresError/isOutcomeUnknown`` when the connection is lost on the way. A
    /// statement whose plan went stale is prepared again without notice: it had not run.
    package func query(
        _ sql: SQL, file: StaticString = #fileID, line: UInt = #line
    ) throws(PostgresError) -> Rows {
        let location = SourceLocation(file: file, line: line)
        do throws(PostgresError) {
            return try run(sql, at: location)
        } catch  where error.isStatementUseless {
            return try run(sql, at: location)
        }
    }

    /// Runs one statement in a transaction of its own and returns how many rows it touched.
    @discardableResult
    package func execute(
        _ sql: SQL, file: StaticString = #fileID, line: UInt = #line
    ) throws(PostgresError) -> Int {
        try query(sql, file: file, line: line).affected
    }

    private func run(_ sql: SQL, at location: SourceLocation) throws(PostgresError) -> Rows {
        try checkIdle(at: location)
        exchange = Exchange(serial: nextSerial())
        defer { exchange = nil }
        exchange?.slots.append(nil)
        enqueue(sql, at: location) { .statement(slot: 0, key: $0) }
        sync()
        deallocate()
        settle()
        if let exchange, exchange.isCommitted, let rows = exchange.slots[0] { return rows }
        exchange?.markOutcomeUnknown()
        throw exchange?.failure ?? PostgresError(.protocol, "no answer", at: location)
    }

    /// Runs statements one after another, without parameters, as `psql` would: outside a `BEGIN` in the text they are
    /// one transaction. For trusted text only.
    ///
    /// Throws the first error; ``PostgresError/Code/misuse`` when the text leaves a transaction open (it is rolled
    /// back).
    package func script(
        _ text: String, file: StaticString = #fileID, line: UInt = #line
    ) throws(PostgresError) {
        let location = SourceLocation(file: file, line: line)
        try checkIdle(at: location)
        exchange = Exchange(serial: nextSerial())
        defer { exchange = nil }
        runScript(text, at: location)
        exchange?.markOutcomeUnknown()
        if breakage == nil, !link.isOutsideTransaction {
            exchange?.fail(PostgresError(.misuse, "the script left a transaction open", at: location))
            runScript("ROLLBACK", at: location)
            if !link.isOutsideTransaction { lose("ROLLBACK did not end the transaction", at: location) }
        }
        if let failure = exchange?.failure { throw failure }
    }

    /// The simple protocol; the first failure is kept in the exchange.
    func runScript(_ text: String, at location: SourceLocation) {
        outsidePipeline(at: location) {
            guard link.sendScript(text) else { return lose(link.message, at: location) }
            readSimpleResults(at: location) { _ in }
        }
    }

    /// Leaves pipeline mode for `body`. Nothing may be under way.
    func outsidePipeline(at location: SourceLocation, _ body: () -> Void) {
        if let breakage {
            exchange?.fail(breakage.located(at: location))
            return
        }
        guard link.setPipelining(false) else { return lose(link.message, at: location) }
        body()
        guard breakage == nil else { return }
        if !link.setPipelining(true) { lose(link.message, at: location) }
    }

    /// Reads up to the end of a command of the simple protocol. A failure is kept in the exchange.
    func readSimpleResults(at location: SourceLocation, _ body: (Rows) -> Void) {
        while breakage == nil {
            switch link.next() {
            case .end: return
            case .lost(let reason): lose(reason, at: location)
            case .result(let result):
                switch unsafe PQresultStatus(result) {
                case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: body(unsafe Rows(taking: result))
                case PGRES_FATAL_ERROR, PGRES_NONFATAL_ERROR, PGRES_BAD_RESPONSE:
                    let error = unsafe failure(in: result, at: location)
                    unsafe PQclear(result)
                    if error.isConnectionLost { lose(error) } else { exchange?.fail(error) }
                default:
                    unsafe PQclear(result)
                    lose("COPY goes through copyIn", code: .misuse, at: location)
                }
            }
        }
    }

    func nextSerial() -> Int {
        lastSerial += 1
        return lastSerial
    }

    private func checkIdle(at location: SourceLocation) throws(PostgresError) {
        if let breakage { throw breakage.located(at: location) }
        if exchange != nil { throw PostgresError(.misuse, "a transaction is open on this connection", at: location) }
    }
}

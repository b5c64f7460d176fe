import CPostgres

/// Sending and reading: every statement of a connection passes here.
extension Connection {
    /// Queues a statement, preparing it first when this session has not. A failure is kept in the exchange.
    func enqueue(_ sql: SQL, at location: SourceLocation, as step: (StatementKey) -> Pipeline.Step) {
        if let breakage {
            exchange?.fail(breakage.located(at: location))
            return
        }
        guard sql.parameters.count <= 65_535, sql.parameters.bytes.count < 1 << 30 else {
            exchange?.fail(PostgresError(.misuse, "more than 65535 parameters or 1 GiB of them", at: location))
            return
        }
        let key = StatementKey(text: sql.text, types: sql.parameters.types)
        let use = statements.use(key)
        if use.isNew {
            guard link.prepare(use.name, key) else { return lose(link.message, at: location) }
            pipeline.expect(.prepare(key), at: location)
            queued += sql.text.utf8.count
        }
        guard link.execute(use.name, sql.parameters) else { return lose(link.message, at: location) }
        pipeline.expect(step(key), at: location)
        queued += sql.parameters.bytes.count + 64
        // Beyond this libpq's buffer would hold the whole pipeline, and the server would wait for work.
        guard queued >= 65_536 else { return }
        queued = 0
        if let reason = link.drain() { lose(reason, at: location) }
    }

    /// Ends the group: the server answers everything, and an error before this point does not reach beyond it.
    func sync() {
        guard breakage == nil, !pipeline.isSynced else { return }
        guard link.sync() else { return lose(link.message) }
        pipeline.expect(.sync, at: .unknown)
        queued = 0
    }

    /// Gives up the prepared statements that the cache has dropped, in a group of their own: a failure here must not
    /// roll anything back.
    func deallocate() {
        guard breakage == nil else { return }
        for name in statements.takeDiscarded() {
            guard link.executeOnce("DEALLOCATE \(name)") else { return lose(link.message) }
            pipeline.expect(.deallocate(name), at: .unknown)
        }
        sync()
    }

    /// Reads every answer that is due.
    func settle() {
        sync()
        while !pipeline.isEmpty {
            let location = pipeline.location
            switch link.next() {
            case .result(let result): unsafe take(result, at: location)
            case .end: lose("the server's answers are out of step", code: .protocol, at: location)
            case .lost(let reason): lose(reason, at: location)
            }
        }
    }

    private func take(_ result: OpaquePointer, at location: SourceLocation) {
        switch unsafe PQresultStatus(result) {
        case PGRES_PIPELINE_SYNC:
            unsafe PQclear(result)
            act(on: pipeline.receive(.synced))
        case PGRES_PIPELINE_ABORTED:
            unsafe PQclear(result)
            act(on: pipeline.receive(.skipped))
            expectEnd(at: location)
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            let tag = CommandTag(unsafe String(cString: PQcmdStatus(result)))
            act(on: pipeline.receive(.completed(tag)), rows: unsafe Rows(taking: result))
            expectEnd(at: location)
        case PGRES_FATAL_ERROR, PGRES_NONFATAL_ERROR, PGRES_BAD_RESPONSE:
            let error = unsafe failure(in: result, at: location)
            unsafe PQclear(result)
            guard !error.isConnectionLost else { return lose(error) }
            act(on: pipeline.receive(.failed(error)))
            expectEnd(at: location)
        default:
            unsafe PQclear(result)
            // The server is in COPY and would ignore everything else: there is no way back.
            lose("COPY goes through copyIn", code: .misuse, at: location)
        }
    }

    /// The error in a result, told apart from our own cancel.
    func failure(in result: OpaquePointer, at location: SourceLocation) -> PostgresError {
        let error = unsafe PostgresError(result: result, isOpen: link.isOpen, at: location)
        return error.sqlState == .queryCanceled && canceller.takeRequest() ? error.asCancelled : error
    }

    private func expectEnd(at location: SourceLocation) {
        guard breakage == nil else { return }
        switch link.next() {
        case .end: return
        case .lost(let reason): lose(reason, at: location)
        case .result(let result):
            unsafe PQclear(result)
            lose("a statement with more than one result", code: .protocol, at: location)
        }
    }

    private func act(on action: Pipeline.Action, rows: Rows? = nil) {
        switch action {
        case .nothing: break
        case .keep(let slot): exchange?.slots[slot] = rows
        case .fail(let error): exchange?.fail(error)
        case .failStale(let error, let key):
            // Deallocating what does not exist is an error that nobody sees.
            statements.discard(key)
            exchange?.fail(error)
        case .failUnprepared(let error, let key):
            statements.forget(key)
            exchange?.fail(error)
        case .forget(let key): statements.forget(key)
        case .discardAgain(let name): statements.discardAgain(name)
        case .committed: commitIfReplicated()
        case .ended: if exchange?.begin == nil { commitIfReplicated() }
        case .outOfStep: lose("the server's answers are out of step", code: .protocol)
        }
    }

    /// A commit whose wait for a standby was cancelled stands here and may be gone after a failover. It is as unknown
    /// as one whose answer was lost: whoever asks again waits for the standby once more.
    private func commitIfReplicated() {
        guard link.isUnreplicated else {
            exchange?.commit()
            return
        }
        lose(PostgresError(.connection, "the commit was not confirmed by a standby", isConnectionLost: true))
    }
}

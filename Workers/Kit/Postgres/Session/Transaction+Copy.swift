import CPostgres

extension Transaction {
    /// Streams rows into a table: `COPY t (a, b) FROM STDIN (FORMAT binary)`. Returns how many were stored.
    ///
    /// The fastest way in for thousands of rows; memory does not grow with them. Waits for everything sent before it,
    /// because COPY cannot be pipelined. When `body` throws, or the server refuses a row, no row is stored and the
    /// transaction has failed.
    @discardableResult
    package func copyIn(
        _ sql: SQL, file: StaticString = #fileID, line: UInt = #line,
        _ body: (inout CopyWriter) throws(PostgresError) -> Void
    ) throws(PostgresError) -> Int {
        let location = SourceLocation(file: file, line: line)
        return try connection.copyIn(sql, in: serial, at: location, body)
    }
}

extension Connection {
    fileprivate func copyIn(
        _ sql: SQL, in serial: Int, at location: SourceLocation,
        _ body: (inout CopyWriter) throws(PostgresError) -> Void
    ) throws(PostgresError) -> Int {
        guard sql.parameters.count == 0 else {
            throw PostgresError(.misuse, "COPY takes no parameters", at: location)
        }
        try check(serial, at: location)
        begin(at: location)
        try check(serial, at: location)
        var stored = 0
        outsidePipeline(at: location) {
            guard link.sendScript(sql.text) else { return lose(link.message, at: location) }
            guard let columns = copyColumns(at: location) else { return }
            let refusal = stream(columns: columns, at: location, body)
            guard breakage == nil else { return }
            // The reason comes before the server's answer that the client gave up.
            if let refusal { exchange?.fail(refusal) }
            guard link.endCopy(refusing: refusal.map { _ in "the client gave up" }) else {
                return lose(link.message, at: location)
            }
            readSimpleResults(at: location) { stored = $0.affected }
        }
        try check(serial, at: location)
        return stored
    }

    /// Runs `body` with a writer. Returns why the COPY is to be given up.
    private func stream(
        columns: Int, at location: SourceLocation, _ body: (inout CopyWriter) throws(PostgresError) -> Void
    ) -> PostgresError? {
        var writer = CopyWriter(connection: self, columns: columns, at: location)
        do throws(PostgresError) {
            try body(&writer)
            try writer.finish()
            return nil
        } catch {
            return error
        }
    }

    /// Waits for the server to be ready for rows and returns how many columns it wants; nil when it is not, with the
    /// failure kept in the exchange.
    private func copyColumns(at location: SourceLocation) -> Int? {
        guard case .result(let result) = link.next() else {
            lose(link.message, at: location)
            return nil
        }
        defer { unsafe PQclear(result) }
        switch unsafe PQresultStatus(result) {
        case PGRES_COPY_IN where unsafe PQbinaryTuples(result) == 1:
            return Int(unsafe PQnfields(result))
        case PGRES_COPY_IN:
            exchange?.fail(PostgresError(.misuse, "copyIn needs (FORMAT binary)", at: location))
            _ = link.endCopy(refusing: "not binary")
        case PGRES_FATAL_ERROR:
            let error = unsafe failure(in: result, at: location)
            if error.isConnectionLost { lose(error) } else { exchange?.fail(error) }
        case PGRES_COPY_OUT, PGRES_COPY_BOTH:
            lose("copyIn needs COPY … FROM STDIN", code: .misuse, at: location)
        default:
            exchange?.fail(PostgresError(.misuse, "copyIn needs COPY … FROM STDIN", at: location))
        }
        if breakage == nil { readSimpleResults(at: location) { _ in } }
        return nil
    }
}

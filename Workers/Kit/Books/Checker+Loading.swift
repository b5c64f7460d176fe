import Contracts
import Runtime

/// Brings the books together where they can be compared: into temporary tables of one session.
extension Checker {
    func load(into tx: borrowing Postgres.Transaction) throws(BooksError) {
        try reading { () throws(PostgresError) in try tx.script(Self.tables) }
        try copyLedgers(into: tx)
        try copyEvents(into: tx)
        try reading { () throws(PostgresError) in
            for source in effects {
                // A command's name has nothing that SQL would read.
                try tx.script(
                    """
                    INSERT INTO books_effect (command, key, times)
                    SELECT '\(source.command.rawValue)', found.key, found.times::bigint
                    FROM (\(source.statement)) AS found (key, times)
                    """)
                try tx.script("INSERT INTO books_source (command) VALUES ('\(source.command.rawValue)')")
            }
            let names = commands.map(\.rawValue)
            let queues = commands.map { Topology.queue(for: $0) }
            try tx.execute(
                "INSERT INTO books_command (command, queue) SELECT * FROM unnest(\(names), \(queues))")
            try tx.script(Self.promises)
            let tenants = tenants.map { $0.sorted() }
            try tx.execute(Self.rows(since: since, tenants: tenants))
            try tx.script(Self.keysWithoutRows)
            try tx.execute(Self.storedEvents(since: since))
            if let tenants {
                try tx.execute(Self.withoutOthersEvents(tenants: tenants))
                try tx.execute(Self.withoutOthersEffects(tenants: tenants))
            }
            try tx.execute(Self.strays(since: since))
            try tx.script(Self.matches)
        }
    }

    private func copyLedgers(into tx: borrowing Postgres.Transaction) throws(BooksError) {
        for (place, path) in ledgers.enumerated() {
            // Numbers of several ledgers must not meet.
            let base = place << 40
            try copy(
                into: tx,
                "COPY books_intention (number, command, tenant, id, source, key, reused_key, hash, endings) FROM STDIN "
                    + "(FORMAT binary)"
            ) { (writer: inout CopyWriter) throws(any Error) in
                try ProducerLedger.read(path) { (record) throws(BooksError) in
                    guard case .intended(let number, let entry) = record, counts(entry.tenant) else { return }
                    try storing { () throws(PostgresError) in
                        try writer.append(base + number)
                        try writer.append(entry.command.rawValue)
                        try writer.append(entry.tenant)
                        try writer.append(entry.id)
                        try writer.append(entry.source.rawValue)
                        try writer.append(entry.key)
                        try writer.append(entry.reusedKey)
                        try writer.append(Bytes(entry.hash))
                        try writer.append(Int16(entry.endings))
                        try writer.endRow()
                    }
                }
            }
            try copy(into: tx, "COPY books_confirm (number) FROM STDIN (FORMAT binary)") {
                (writer: inout CopyWriter) throws(any Error) in
                try ProducerLedger.read(path, skippingIntentions: true) { (record) throws(BooksError) in
                    guard case .confirmed(let numbers) = record else { return }
                    for number in numbers {
                        try storing { () throws(PostgresError) in
                            try writer.append(base + number)
                            try writer.endRow()
                        }
                    }
                }
            }
        }
    }

    private func counts(_ tenant: String) -> Bool { tenants?.contains(tenant) ?? true }

    private func copyEvents(into tx: borrowing Postgres.Transaction) throws(BooksError) {
        guard let events else { return }
        try copy(
            into: tx,
            "COPY books_received (event, type, subject, tenant, sequence, digest, fault) FROM STDIN (FORMAT binary)"
        ) { (writer: inout CopyWriter) throws(any Error) in
            try events.read { (received) throws(BooksError) in
                if case .event(let event) = received, !counts(event.tenant) { return }
                try storing { () throws(PostgresError) in
                    switch received {
                    case .event(let event):
                        try writer.append(event.id)
                        try writer.append(event.type)
                        try writer.append(event.subject)
                        try writer.append(event.tenant)
                        try writer.append(event.sequence)
                        try writer.append(event.digest)
                        try writer.append(String?.none)
                    case .unreadable(let fault):
                        try writer.append(UniqueID?.none)
                        for _ in 0..<3 { try writer.append(String?.none) }
                        for _ in 0..<2 { try writer.append(Int?.none) }
                        try writer.append(fault)
                    }
                    try writer.endRow()
                }
            }
        }
    }

    /// Streams rows; whatever ends the stream before its end is thrown.
    private func copy(
        into tx: borrowing Postgres.Transaction, _ statement: String,
        _ body: (inout CopyWriter) throws(any Error) -> Void
    ) throws(BooksError) {
        var fault: BooksError?
        try reading { () throws(PostgresError) in
            _ = try tx.copyIn(SQL(script: statement)) { writer throws(PostgresError) in
                do { try body(&writer) } catch let error as PostgresError { throw error } catch {
                    // An error of the database's in disguise is thrown as such.
                    let found =
                        error as? BooksError ?? BooksError(.file, "a book could not be read on", underlying: error)
                    if let error = found.underlying as? PostgresError { throw error }
                    fault = found
                }
            }
        }
        if let fault { throw fault }
    }

    private func storing(_ body: () throws(PostgresError) -> Void) throws(BooksError) {
        try reading(body)
    }
}

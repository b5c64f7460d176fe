import Contracts
import Runtime

/// The record of an import: who brought which servers, and by which list.
enum ImportSession {
    /// What to answer when the same list was imported under the same name before: nothing changes any more.
    ///
    /// An import that left rows out does not count for one that asks for all or nothing.
    static func find(
        _ command: ImportBatch, content: [UInt8], in tx: borrowing Transaction
    ) throws(Rejection) -> BatchImported? {
        let leavesOut = command.mode == .skipInvalid
        let rows = try tx.query(
            """
            SELECT id, job, inserted + updated + unchanged, rejected FROM session
            WHERE tenant = \(tx.tenant) AND name = \(command.session) AND content = \(Bytes(content))
                AND provider IS NOT DISTINCT FROM \(command.provider) AND (rejected = 0 OR \(leavesOut))
            """)
        guard !rows.isEmpty else { return nil }
        let job = try reading { () throws(PostgresError) in try rows.get(0, 1, as: UniqueID.self) }
        let errors = try faults(of: job, in: tx)
        return try reading { () throws(PostgresError) in
            BatchImported(
                sessionId: try rows.get(0, 0), session: command.session, dryRun: false, inserted: 0, updated: 0,
                unchanged: try rows.get(0, 2), rejected: try rows.get(0, 3), errors: errors)
        }
    }

    /// Enters the import; returns its id.
    static func enter(
        _ command: ImportBatch, content: [UInt8], counts: BatchImported, in tx: borrowing Transaction
    ) throws(Rejection) -> Int64 {
        // A list that was refused rows before may be complete now: what is valid is for the newer program to say.
        let rows = try tx.query(
            """
            INSERT INTO session (tenant, name, provider, content, job, inserted, updated, unchanged, rejected)
            VALUES (\(tx.tenant), \(command.session), \(command.provider), \(Bytes(content)), \(tx.job),
                \(Int32(clamping: counts.inserted)), \(Int32(clamping: counts.updated)),
                \(Int32(clamping: counts.unchanged)), \(Int32(clamping: counts.rejected)))
            ON CONFLICT (tenant, name, content, provider) DO UPDATE SET
                job = excluded.job, inserted = excluded.inserted, updated = excluded.updated,
                unchanged = excluded.unchanged, rejected = excluded.rejected
            RETURNING id
            """)
        return try reading { () throws(PostgresError) in try rows.get(0, 0, as: Int64.self) }
    }

    /// The first faults of an earlier import, and one more to tell that there are more.
    private static func faults(of job: UniqueID, in tx: borrowing Transaction) throws(Rejection) -> [RowError] {
        let rows = try tx.query(
            """
            SELECT line, "column", code, value, message FROM import_error
            WHERE job = \(job) ORDER BY number LIMIT \(BatchImported.errorLimit + 1)
            """)
        return try reading { () throws(PostgresError) in
            var faults: [RowError] = []
            for row in 0..<rows.count {
                faults.append(
                    RowError(
                        line: try rows.get(row, 0), column: try rows.get(row, 1), code: try rows.get(row, 2),
                        value: try rows.get(row, 3), message: try rows.get(row, 4)))
            }
            return faults
        }
    }
}

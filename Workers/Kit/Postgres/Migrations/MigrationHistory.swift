import Glibc

/// A row of `schema_migration`.
struct MigrationRecord {
    let applied: Applied
    /// Whether the build's text is the one that was applied; nil when the build has no such version.
    let matches: Bool?
}

extension Migrations {
    /// The first half of the advisory lock's key; the second is the schema, so that schemas do not wait for each other.
    static let lockKey: Int32 = 0x7275_6368

    /// By version. Throws when two have the same version or one is not positive.
    static func ordered(_ migrations: [Migration]) throws(PostgresError) -> [Migration] {
        let sorted = migrations.sorted { $0.version < $1.version }
        if let first = sorted.first, first.version < 1 { throw .migration("\(first.name) has no positive version") }
        for (one, next) in zip(sorted, sorted.dropFirst()) where one.version == next.version {
            throw .migration("\(one.name) and \(next.name) have the same version")
        }
        return sorted
    }

    /// Decides what is applied, pending and unknown. Pure.
    static func compare(
        _ migrations: [Migration], with records: [MigrationRecord]
    ) throws(PostgresError) -> MigrationStatus {
        let newest = migrations.last?.version ?? 0
        for record in records where record.matches == false {
            throw .migration("\(record.applied.name) has changed since it was applied")
        }
        for record in records where record.matches == nil && record.applied.version <= newest {
            throw .migration("\(record.applied.name) was applied, but this build does not have it")
        }
        let known = records.filter { $0.matches != nil }.map(\.applied)
        let versions = Set(known.map(\.version))
        let pending = migrations.filter { !versions.contains($0.version) }
        let last = records.map(\.applied.version).max() ?? 0
        if let late = pending.first, late.version < last {
            throw .migration("\(late.name) comes before version \(last), which is applied already")
        }
        return MigrationStatus(
            applied: known, pending: pending, unknown: records.filter { $0.matches == nil }.map(\.applied))
    }

    /// Runs `body` while no other process migrates this schema. Throws only when the session can no longer be trusted;
    /// what `body` threw, and giving up on the lock, are in the result.
    static func underLock<R>(
        _ connection: Connection, _ body: () throws(PostgresError) -> R
    ) throws(PostgresError) -> Result<R, PostgresError> {
        do throws(PostgresError) {
            try connection.execute("SELECT pg_advisory_lock(\(lockKey), hashtext(current_schema()))")
        } catch  where error.isLockTimeout {
            var named = error
            named.message = "another process is migrating this schema: \(error.message)"
            return .failure(named)
        }
        let result: Result<R, PostgresError>
        do throws(PostgresError) { result = .success(try body()) } catch { result = .failure(error) }
        // When the connection is lost the lock is gone with it, and the reason is in the result.
        guard connection.isUsable else { return result }
        try connection.execute("SELECT pg_advisory_unlock(\(lockKey), hashtext(current_schema()))")
        return result
    }

    static func applyLocked(
        _ migrations: [Migration], on connection: Connection, lockTimeout: Duration, _ note: (String) -> Void
    ) throws(PostgresError) -> [Applied] {
        try connection.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migration (
                version bigint PRIMARY KEY,
                name text NOT NULL,
                checksum bytea NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
            )
            """)
        let status = try compare(migrations, with: try records(of: migrations, on: connection))
        var applied: [Applied] = []
        for migration in status.pending {
            do throws(PostgresError) {
                applied.append(try apply(migration, on: connection, lockTimeout: lockTimeout, note))
            } catch {
                var named = error
                named.message = "\(migration.name): \(error.message)"
                throw named
            }
        }
        return applied
    }

    /// How long others wait behind a migration that waits for a table.
    private static let place = Duration.seconds(2)

    private static func apply(
        _ migration: Migration, on connection: Connection, lockTimeout: Duration, _ note: (String) -> Void
    ) throws(PostgresError) -> Applied {
        let deadline = ContinuousClock.now + lockTimeout
        while true {
            let seconds = min(lockTimeout, place).wholeSeconds
            do throws(PostgresError) {
                return try connection.transaction { (tx) throws(PostgresError) in
                    try tx.execute("SELECT set_config('lock_timeout', \("\(seconds)s"), true)")
                    return try apply(migration, in: tx)
                }
            } catch {
                // Who changes several tables may wait for one that uses them in another order, and be the one to go.
                let isInTheWay = error.isLockTimeout || error.sqlState == .deadlockDetected
                guard isInTheWay, connection.isUsable, ContinuousClock.now + place < deadline else {
                    throw error
                }
                note("\(migration.name): a table is in use, trying again: \(error.message)")
            }
            sleep(UInt32(place.wholeSeconds))
        }
    }

    private static func apply(
        _ migration: Migration, in tx: borrowing Transaction
    ) throws(PostgresError) -> Applied {
        try tx.script(migration.sql)
        let row = try tx.query(
            """
            INSERT INTO schema_migration (version, name, checksum)
            VALUES (\(migration.version), \(migration.name), sha256(\(Bytes(Array(migration.sql.utf8)))))
            RETURNING applied_at
            """)
        return Applied(version: migration.version, name: migration.name, appliedAt: try row.get(0, 0))
    }

    /// What the database has recorded, each compared with the build's text by the database's own `sha256`.
    static func records(
        of migrations: [Migration], on connection: Connection
    ) throws(PostgresError) -> [MigrationRecord] {
        let versions = migrations.map(\.version)
        let texts = migrations.map { Bytes(Array($0.sql.utf8)) }
        let rows = try connection.query(
            """
            SELECT applied.version, applied.name, applied.applied_at, applied.checksum = sha256(build.sql)
            FROM schema_migration AS applied
            LEFT JOIN unnest(\(versions), \(texts)) AS build (version, sql) USING (version)
            ORDER BY applied.version
            """)
        return try (0..<rows.count).map { (row) throws(PostgresError) in
            MigrationRecord(
                applied: Applied(
                    version: try rows.get(row, 0), name: try rows.get(row, 1), appliedAt: try rows.get(row, 2)),
                matches: try rows.get(row, 3))
        }
    }
}

extension PostgresError {
    static func migration(_ message: String) -> PostgresError { PostgresError(.migration, message) }

    var isLockTimeout: Bool { sqlState == .lockNotAvailable }
}

/// Brings a schema up to date. What was applied is recorded in `schema_migration`, in the first schema of the search
/// path.
package enum Migrations {
    /// Applies what is pending, in order, each in a transaction of its own, and returns what this call applied.
    ///
    /// Safe to run from many processes at once: one works, the others wait for its advisory lock and find nothing left
    /// to do. Newer versions in the database are left alone; ``status(_:on:)`` reports them.
    ///
    /// Whoever uses a table waits behind a migration that waits for it, so a migration gives up its place after two
    /// seconds, leaves the table to them for as long, and tries again.
    ///
    /// - Parameters:
    ///   - lockTimeout: how long to wait for another process, and for the locks of each migration.
    ///   - note: told each time that a migration gives up its place, and why.
    ///
    /// Throws ``PostgresError/Code/migration`` naming the file whose text has changed since it was applied, that the
    /// build misses, or that comes before one already applied; and whatever a migration's own statements fail with, its
    /// file named in the message.
    @discardableResult
    package static func apply(
        _ migrations: [Migration], on connection: Connection, lockTimeout: Duration = .seconds(60),
        note: (String) -> Void = { _ in }
    ) throws(PostgresError) -> [Applied] {
        let migrations = try ordered(migrations)
        let formerTimeout: String = try connection.query("SELECT current_setting('lock_timeout')").get(0, 0)
        try connection.execute("SELECT set_config('lock_timeout', \("\(lockTimeout.wholeSeconds)s"), false)")
        let result: Result<[Applied], PostgresError>
        do throws(PostgresError) {
            result = try underLock(connection) { () throws(PostgresError) in
                try applyLocked(migrations, on: connection, lockTimeout: lockTimeout, note)
            }
            if connection.isUsable {
                try connection.execute("SELECT set_config('lock_timeout', \(formerTimeout), false)")
            }
        } catch {
            // A session that may still hold the lock or the timeout must not be used on.
            connection.close()
            throw error
        }
        return try result.get()
    }

    /// Compares the build's migrations with the database's. Changes nothing, takes no lock.
    ///
    /// Throws ``PostgresError/Code/migration`` as ``apply(_:on:lockTimeout:)`` does.
    package static func status(
        _ migrations: [Migration], on connection: Connection
    ) throws(PostgresError) -> MigrationStatus {
        let migrations = try ordered(migrations)
        let exists: Bool = try connection.query("SELECT to_regclass('schema_migration') IS NOT NULL").get(0, 0)
        guard exists else { return MigrationStatus(applied: [], pending: migrations, unknown: []) }
        return try compare(migrations, with: try records(of: migrations, on: connection))
    }
}

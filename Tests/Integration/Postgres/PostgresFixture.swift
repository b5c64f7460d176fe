import Postgres
import TestSupport
import Testing

/// A schema of its own on the test database, dropped afterwards, so that tests run side by side.
func withSchema(_ body: (ConnectionSettings) throws -> Void) throws {
    var settings = try ConnectionSettings(TestServers.requireDatabaseURL(), applicationName: "ruche-tests")
    let admin = try Connection.open(settings)
    let schema = TestServers.uniqueName("t")
    try admin.execute("CREATE SCHEMA \(identifier: schema)")
    settings.session = [("search_path", schema), ("statement_timeout", "60s")]
    defer {
        do { try admin.script("SET client_min_messages = error; DROP SCHEMA \(schema) CASCADE") } catch {
            Issue.record(error)
        }
    }
    try body(settings)
}

/// A connection to a schema of its own.
func withConnection(_ body: (Connection) throws -> Void) throws {
    try withSchema { settings in try body(try Connection.open(settings)) }
}

extension Connection {
    /// Waits until the database answers yes. The server itself waits between two looks.
    func wait(until condition: SQL) throws {
        for _ in 0..<1000 {
            if try query(condition).get(0, 0, as: Bool.self) { return }
            try execute("SELECT pg_sleep(0.01)")
        }
        throw TestFailure("never happened: \(condition.text)")
    }

    /// Ends another backend and waits until it is gone.
    func terminate(_ pid: Int32) throws {
        try execute("SELECT pg_terminate_backend(\(pid))")
        try wait(until: "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = \(pid))")
    }
}

/// The error of a statement in a lent transaction; nil when it succeeds.
func failure(receiving ticket: Ticket, in tx: borrowing Transaction) -> PostgresError? {
    do throws(PostgresError) {
        _ = try tx.receive(ticket)
        return nil
    } catch {
        return error
    }
}

/// The error of a commit; nil when it succeeds.
func failure(committing tx: consuming Transaction) -> PostgresError? {
    do throws(PostgresError) {
        _ = try tx.commit()
        return nil
    } catch {
        return error
    }
}

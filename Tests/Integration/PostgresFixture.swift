import Foundation
import Postgres
import Testing

/// A schema of its own on the test database, dropped afterwards, so that tests run side by side.
func withSchema(_ body: (ConnectionSettings) throws -> Void) throws {
    let environment = ProcessInfo.processInfo.environment
    let url = try #require(environment["RUCHE_TEST_DATABASE_URL"], "no database: run the tests with scripts/test")
    var settings = try ConnectionSettings(url, applicationName: "ruche-tests")
    let admin = try Connection.open(settings)
    let schema = "t_" + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
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

extension Trait where Self == ConditionTrait {
    /// Runs only with a database. A missing one is a skip at a desk; in CI the test runs, and fails in its fixture.
    static var database: Self {
        let environment = ProcessInfo.processInfo.environment
        let isThere = environment["RUCHE_TEST_DATABASE_URL"] != nil || environment["CI"] != nil
        return .enabled(if: isThere, "needs the database of scripts/test")
    }
}

extension Connection {
    /// Waits until the database answers yes. The server itself waits between two looks.
    func wait(until condition: SQL) throws {
        for _ in 0..<1000 {
            if try query(condition).get(0, 0, as: Bool.self) { return }
            try execute("SELECT pg_sleep(0.01)")
        }
        throw NeverHappened(condition: condition.text)
    }

    /// Ends another backend and waits until it is gone.
    func terminate(_ pid: Int32) throws {
        try execute("SELECT pg_terminate_backend(\(pid))")
        try wait(until: "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = \(pid))")
    }
}

/// A condition that did not come true in time.
struct NeverHappened: Error {
    let condition: String
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

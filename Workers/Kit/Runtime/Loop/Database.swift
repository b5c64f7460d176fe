import Contracts
package import Postgres

/// Why work on a batch ended without an ending.
enum Interruption: Error {
    /// The database stayed away for longer than deliveries are held.
    case held
    /// The process is to stop.
    case stopped
}

/// One thread's connection to the database, made anew when it is lost.
package final class Database {
    private let settings: ConnectionSettings
    private let stop: Stop
    private let log: Logger
    private var connection: Connection?
    private let state: DatabaseState
    private var openedAt = Monotonic.now
    /// Told whenever a connection is opened, so that cancelling reaches the right one.
    var onConnect: (Connection) -> Void = { _ in }

    /// Nothing is opened yet.
    ///
    /// - Parameter state: kept up to date, for other threads.
    package init(settings: ConnectionSettings, stop: Stop, log: Logger, state: DatabaseState = DatabaseState()) {
        self.settings = settings
        self.state = state
        self.stop = stop
        self.log = log
    }

    /// The usable connection, if there is one. No round trip.
    var current: Connection? {
        guard let connection, connection.isUsable else { return nil }
        return connection
    }

    /// How long the connection has been there. Of meaning while there is one.
    var age: Duration { .now - openedAt }

    /// The usable connection; opens one when there is none.
    package func open() throws(PostgresError) -> Connection {
        if let current { return current }
        connection?.close()
        connection = nil
        let opened: Connection
        do throws(PostgresError) { opened = try Connection.open(settings) } catch {
            state.noteAway()
            throw error
        }
        state.noteOpened()
        log.info("connected to the database", [(.databaseBackend, .int(Int(opened.backendPID)))])
        connection = opened
        openedAt = .now
        onConnect(opened)
        return opened
    }

    /// Opens a connection, trying again with back-off until it succeeds, `deadline` passes, or the process stops.
    func await(until deadline: Monotonic?) throws(Interruption) -> Connection {
        var tries = 0
        while true {
            do throws(PostgresError) {
                return try open()
            } catch {
                tries += 1
                log.warning(
                    "the database is away", [(.error, .string("\(error)")), (.attempt, .int(tries))])
            }
            if let deadline, Monotonic.now >= deadline { throw .held }
            if stop.wait(for: Self.backoff.delay(after: tries, random: .random(in: 0..<1))) { throw .stopped }
        }
    }

    /// Closes it when the server is a standby now, and stays one: the next connection finds the other.
    package func leave(after error: PostgresError) {
        if error.sqlState == .readOnlyTransaction { close() }
    }

    /// Closes it; ``open()`` opens another.
    package func close() {
        connection?.close()
        connection = nil
    }

    private static let backoff = RetryPolicy(attempts: .max, base: .milliseconds(100), cap: .seconds(5))
}

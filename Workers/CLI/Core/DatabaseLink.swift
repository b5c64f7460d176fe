import Runtime

/// A session with the database that is opened when it is needed, and anew after an error.
final class DatabaseLink {
    private let open: () throws -> Postgres.Connection
    private var session: Postgres.Connection?

    init(_ open: @escaping () throws -> Postgres.Connection) { self.open = open }

    /// Runs `body` with a session. Whatever it throws ends the session.
    func use<Result>(_ body: (Postgres.Connection) throws -> Result) throws -> Result {
        let session = try self.session ?? open()
        self.session = session
        do { return try body(session) } catch {
            close()
            throw error
        }
    }

    /// Closes the session if there is one.
    func close() {
        session?.close()
        session = nil
    }
}

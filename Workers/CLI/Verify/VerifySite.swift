import AMQP
import Books
import Contracts
import Runtime

/// What a run makes on the broker and in the database, and removes again: a queue for its command, a queue for the
/// events, a table for the effects. One run at a time: a session holds an advisory lock as long as it lasts.
///
/// The table is made first and removed last, so whoever finds it without the lock has found what a killed run left.
final class VerifySite {
    static let eventQueue = "verify.events"
    private(set) var broker: AMQP.Connection
    let database: Postgres.Connection
    private let reach: Reach

    init(_ reach: Reach) throws(Failure) {
        self.reach = reach
        broker = try reach.broker()
        database = try reach.database()
    }

    deinit {
        broker.close()
        database.close()
    }

    /// Takes the lock. Throws ``ExitCode/conflict`` when another run has it.
    func lock() throws {
        guard try database.query(Self.take).get(0, 0, as: Bool.self) else {
            throw Failure(.conflict, "another `ruche verify` runs on this database")
        }
    }

    /// Whether a run was here and did not tidy up; asked with the lock in hand.
    func hasLeftovers() throws -> Bool {
        try database.query("SELECT to_regclass('verify_effect') IS NOT NULL").get(0, 0)
    }

    /// Makes everything.
    func make(_ events: EventBook) throws {
        try allowing("the database's user may not make a table", "GRANT CREATE ON SCHEMA public TO its role") {
            try database.script(
                "CREATE TABLE verify_effect (job uuid NOT NULL, at timestamptz NOT NULL DEFAULT now())")
        }
        try allowing("the broker's user may not make a queue", "give it `configure` on ^(ruche\\.verify|verify\\.)") {
            let queue = Topology.queue(for: VerifyCommand.name)
            for declaration in Topology.declarations(for: [VerifyCommand.name]) {
                switch declaration {
                case .queue(queue, _), .binding(queue, _, _): try broker.declare(declaration)
                default: break
                }
            }
            try events.declare(on: broker)
        }
    }

    /// Removes everything, also what is not there. Goes on after an error, and throws the first. Whatever was done
    /// before: the broker hangs up on who has said nothing for long, so it is asked by a new connection.
    func remove() throws {
        var first: (any Error)?
        for step in [
            {
                self.broker.close()
                self.broker = try self.reach.broker()
                return 0
            },
            // First what would publish: a command without a queue keeps the relay busy for ever.
            { [database] in try database.execute("DELETE FROM schedule WHERE command = 'verify'") },
            { try self.delete(Topology.queue(for: VerifyCommand.name)) },
            { try self.delete(Self.eventQueue) },
        ] as [() throws -> Int] {
            do { _ = try step() } catch { first = first ?? error }
        }
        if let first { throw first }
        try database.script("DROP TABLE IF EXISTS verify_effect")
    }

    /// Deletes a queue, if there is one: who may not delete may not have made it either.
    private func delete(_ queue: String) throws -> Int {
        try broker.inspectQueue(queue) == nil ? 0 : broker.deleteQueue(queue)
    }

    private func allowing(_ what: String, _ advice: String, _ body: () throws -> Void) throws {
        func denied(_ said: String) -> Failure { Failure(.denied, "\(what): \(said)", advice) }
        do { try body() } catch let error as PostgresError where error.sqlState == Self.privilege {
            throw denied(error.summary)
        } catch let error as AMQPError where error.replyCode == 403 {
            throw denied(error.summary)
        } catch let error as BooksError {
            guard let beneath = error.underlying as? AMQPError, beneath.replyCode == 403 else { throw error }
            throw denied(beneath.summary)
        }
    }

    /// `insufficient_privilege`.
    private static let privilege = SQLState(constant: "42501")
    private static let take: SQL = "SELECT pg_try_advisory_lock(hashtextextended('ruche.verify', 0))"

    /// What the doctor says of it.
    static func finding(_ database: Postgres.Connection) throws(PostgresError) -> Finding {
        guard try database.query("SELECT to_regclass('verify_effect') IS NOT NULL").get(0, 0, as: Bool.self) else {
            return .ok("verify", "nothing left behind")
        }
        guard try database.query(take).get(0, 0, as: Bool.self) else { return .ok("verify", "a run is under way") }
        try database.execute("SELECT pg_advisory_unlock(hashtextextended('ruche.verify', 0))")
        return .warn("verify", "a run was killed and left its queues and its table", fix: "ruche verify --clean")
    }
}

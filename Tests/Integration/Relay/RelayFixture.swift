import AMQP
import Contracts
import Foundation
import Postgres
import Runtime
import Sealing
import TestSupport

/// What a worker or a broker would have left for the relay.
extension Cluster {
    /// Leaves events as a worker does that was killed between its commit and the broker: stored, owed, past due.
    @discardableResult
    func owe(_ events: [CompletionEvent]) throws -> Int64 {
        let database = try database()
        defer { database.close() }
        let today: Postgres.Date = try database.query("SELECT current_date").get(0, 0)
        let keys = events.map(\.id)
        let sequences = events.map { Int32($0.sequence) }
        let bodies = events.map { Bytes($0.encode()) }
        try database.execute(
            """
            INSERT INTO event (day, key, sequence, type, body)
            SELECT \(today), u.* FROM unnest(\(keys), \(sequences), \(events.map(\.type)), \(bodies)) AS u
            """)
        let days = keys.map { _ in today }
        return try database.query(
            """
            INSERT INTO outbox (due_at, days, keys, sequences) VALUES (now(), \(days), \(keys), \(sequences))
            RETURNING id
            """
        ).get(0, 0)
    }

    /// An event about the tests' command.
    static func event(_ number: Int, _ kind: EventKind = .succeeded) -> CompletionEvent {
        CompletionEvent(
            id: UniqueID(high: 77, low: UInt64(number)), command: probe, kind: kind, subject: "job-\(number)",
            time: .now)
    }

    /// Schedules the tests' command, or another, with its message id as the subject.
    func schedule(
        _ command: CommandName = probe, numbers: Range<Int>, dueIn seconds: Double = 0, turn: Int = 0
    ) throws {
        let database = try database()
        defer { database.close() }
        let subjects = numbers.map { UniqueID(high: 88, low: UInt64($0)) }
        let payloads = numbers.map { _ in Bytes(keys.seal(Array("{}".utf8), context: SealContext.schedule)) }
        try database.execute(
            """
            INSERT INTO schedule (subject, due_at, command, tenant, message_id, turn, payload, cause)
            SELECT u.subject, clock_timestamp() + \(seconds) * interval '1 second', \(command.rawValue), 'acme', u.id,
                \(Int32(turn)), u.payload, 'retry'
            FROM unnest(\(subjects), \(numbers.map { "m-\($0)" }), \(payloads)) AS u (subject, id, payload)
            """)
    }

    /// Makes `DELETE` on a table wait for whoever holds the returned connection open: the moment between the broker's
    /// confirm and the database's commit, held still.
    func blockingDeletes(of table: String) throws -> Postgres.Connection {
        let database = try database()
        try database.script(
            """
            CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_advisory_xact_lock(4242); RETURN OLD; END $$;
            CREATE TRIGGER gate BEFORE DELETE ON \(table) FOR EACH STATEMENT EXECUTE FUNCTION gate();
            """)
        _ = try database.query("SELECT pg_advisory_lock(4242)")
        return database
    }

    /// Ends the sessions that wait at the gate. They belong to a killed process, and would commit what it had sent.
    func endSessionsAtTheGate() throws {
        _ = try number(
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_locks
            WHERE locktype = 'advisory' AND objid = 4242 AND NOT granted
            """)
        try eventually("they have ended") { try !someoneWaitsAtTheGate() }
    }

    /// Whether somebody waits at the gate.
    func someoneWaitsAtTheGate() throws -> Bool {
        try number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4242 AND NOT granted") > 0
    }
}

/// Receives what a command's queue gets.
final class QueueLog {
    private let connection: AMQP.Connection
    private(set) var deliveries: [Delivery] = []

    init(_ cluster: Cluster, _ queue: String = Topology.queue(for: Cluster.probe)) throws {
        connection = try cluster.broker("queue log")
        _ = try connection.consume(queue, prefetch: 1000, noAck: false, exclusive: false)
    }

    deinit { connection.close() }

    /// The message ids, in the order they came.
    var ids: [String] { deliveries.map { $0.properties.messageID ?? "" } }

    /// Receives so many more, and settles them.
    func receive(_ count: Int, within seconds: Int = 30, _ settlement: Settlement = .acknowledge) throws {
        for _ in 0..<count {
            guard let delivery = try connection.receive(within: .seconds(seconds)) else {
                throw TestFailure("only \(deliveries.count) deliveries came: \(ids.suffix(10))")
            }
            deliveries.append(delivery)
            try connection.settle(delivery, settlement)
        }
    }

    /// Whether nothing comes for a while.
    func staysEmpty(for duration: Duration) throws -> Bool {
        guard let delivery = try connection.receive(within: duration) else { return true }
        deliveries.append(delivery)
        return false
    }
}

import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport

/// A run as its holder writes it, in the hands of a test.
struct CLIRun {
    let id: String
    let command: CommandName
    let tenant: String
    let database: Postgres.Connection

    /// The ledger's key.
    var key: UniqueID { .ledgerKey(command.rawValue, tenant, id) }

    /// Claims it, as a worker does, and locks a server or a shop.
    init(
        _ id: String, command: CommandName = InitServer.name, tenant: String = Topology.defaultTenant, target: String,
        _ database: Postgres.Connection
    ) throws {
        (self.id, self.command, self.tenant, self.database) = (id, command, tenant, database)
        let (key, command, worker, name) = (key, command.rawValue, "\(command)@test", id)
        try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            try tx.execute(
                """
                INSERT INTO job_key (key, day, state, turn, attempt, sequence, body_hash)
                VALUES (\(key), current_date, 'l', 1, 1, 0, '\\x00')
                """)
            try tx.execute(
                """
                INSERT INTO job (day, key, id, command, tenant, state, attempt, worker)
                VALUES (current_date, \(key), \(name), \(command), \(tenant), 'l', 1, \(worker))
                """)
            try tx.execute(
                """
                INSERT INTO run (key, command, state, fence, lease_until, lease_ms, holder, worker, attempt, version,
                    tenant, message_id, turn, payload)
                VALUES (\(key), \(command), 'r', 1, now() + interval '1 hour', 3600000, gen_random_uuid(),
                    \(worker), 1, 1, \(tenant), \(name), 1, '\\x00')
                """)
            try tx.execute("INSERT INTO run_target (target, key, fence) VALUES (\(target), \(key), 1)")
        }
    }

    /// The same run over another session.
    init(resuming run: CLIRun, _ cluster: Cluster) throws {
        (id, command, tenant, database) = (run.id, run.command, run.tenant, try cluster.database())
    }

    /// Writes the next lines: place, step, state, text.
    func write(_ lines: (place: String, step: String, state: String, text: String)...) throws {
        for line in lines {
            try database.execute(
                """
                INSERT INTO run_event (key, number, fence, at, place, step, state, text)
                SELECT \(key), coalesce(max(number), 0) + 1, 1, clock_timestamp(), \(line.place), \(line.step),
                    \(line.state), \(line.text)
                FROM run_event WHERE key = \(key)
                """)
        }
    }

    /// Says how far it is.
    func tell(_ progress: Contracts.Progress) throws { try announce(.progressed, progress.json()) }

    /// Ends it.
    func end(_ state: JobState, _ kind: EventKind, _ data: [UInt8]) throws {
        try announce(kind, data)
        let letter = String(state.rawValue)
        let key = key
        let reason = kind == .succeeded ? nil : try Reason(json: data).reason
        try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            try tx.execute("DELETE FROM run WHERE key = \(key)")
            try tx.execute("UPDATE job_key SET state = \(letter)::\"char\" WHERE key = \(key)")
            try tx.execute(
                """
                UPDATE job SET state = \(letter)::"char", finished_at = now(), reason = \(reason) WHERE key = \(key)
                """)
        }
    }

    private func announce(_ kind: EventKind, _ data: [UInt8]) throws {
        let sequence: Int = try database.query("SELECT count(*) + 1 FROM event WHERE key = \(key)").get(0, 0)
        let event = CompletionEvent(
            id: UniqueID.v7(at: .now, random: (1, UInt16(sequence))), command: command, kind: kind,
            subject: id, time: .now, sequence: sequence, tenant: tenant, data: data)
        try database.execute(
            """
            INSERT INTO event (day, key, sequence, type, body)
            VALUES (current_date, \(key), \(Int32(sequence)), \(event.type), \(Bytes(event.encode())))
            """)
    }
}

import AMQP
package import Contracts
import Postgres

extension NemesisScene {
    /// What waits somewhere and has to go on: rows and messages by where they are.
    package func waiting() throws -> [(name: String, count: Int)] {
        var found: [(name: String, count: Int)] = []
        for table in ["outbox", "schedule", "stray"] {
            found.append((table, try cluster.number(SQL(script: "SELECT count(*) FROM \(table)"))))
        }
        let connection = try cluster.broker("soak")
        defer { connection.close() }
        for queue in NemesisLoad.commands.map(Topology.queue(for:)) + [Topology.deadLetterQueue] {
            found.append((queue, try connection.inspectQueue(queue)?.messages ?? 0))
        }
        return found
    }

    /// How many messages wait in the queue of a command.
    package func backlog(of command: CommandName) throws -> Int {
        let connection = try cluster.broker("backlog")
        defer { connection.close() }
        return try connection.inspectQueue(Topology.queue(for: command))?.messages ?? 0
    }

    /// Who is at what: the sessions of the database, the queues, and the last lines of every process.
    package func standing() -> String {
        let sessions = (try? self.sessions()) ?? ["the database does not say"]
        let queues = NemesisLoad.commands.map { command in
            let (ready, unacked) = (try? cluster.depth(of: command)) ?? (-1, -1)
            return "\(command.rawValue): \(ready) ready, \(unacked) unacknowledged"
        }
        let said = processes.map { process in
            "\(process.executable):\n" + process.output.split(separator: "\n").suffix(4).joined(separator: "\n")
        }
        return (sessions + queues + said).joined(separator: "\n")
    }

    private func sessions() throws -> [String] {
        let database = try cluster.database()
        defer { database.close() }
        let rows = try database.query(
            """
            SELECT concat_ws(' ', pid, application_name, state, wait_event_type, wait_event, now() - xact_start,
                now() - state_change, left(regexp_replace(query, '\\s+', ' ', 'g'), 80))
            FROM pg_stat_activity WHERE datname = current_database() ORDER BY xact_start
            """)
        return try (0..<rows.count).map { try rows.get($0, 0) }
    }
}

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
}

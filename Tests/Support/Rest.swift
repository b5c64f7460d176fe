import AMQP
package import Contracts
import Postgres
import Runtime

/// How much is still on its way: what a test waits for before it opens the books.
package struct Rest {
    /// How many jobs ended how, by the ledger.
    package let endings: [String: Int]
    package let outbox: Int
    package let schedule: Int
    /// Messages that lie in the queues of these commands.
    package let queued: Int

    package init(_ cluster: Cluster, commands: [CommandName]) throws {
        let database = try cluster.database()
        defer { database.close() }
        let rows = try database.query("SELECT state::text, count(*) FROM job GROUP BY 1")
        var endings: [String: Int] = [:]
        for row in 0..<rows.count { endings[try rows.get(row, 0)] = try rows.get(row, 1) }
        self.endings = endings
        outbox = try database.query("SELECT count(*) FROM outbox").get(0, 0)
        schedule = try database.query("SELECT count(*) FROM schedule").get(0, 0)
        let broker = try cluster.broker("rest")
        defer { broker.close() }
        var queued = 0
        for command in commands { queued += try broker.inspectQueue(Topology.queue(for: command))?.messages ?? 0 }
        self.queued = queued
    }
}

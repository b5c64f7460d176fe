package import AMQP
package import Contracts
import Postgres
import Runtime

/// Publishes commands as a producer does, and remembers which of them the broker confirmed.
package final class Load {
    private let connection: AMQP.Connection
    private let window = 500
    private var pending: [UInt64: String] = [:]
    private var next: UInt64 = 1
    /// The ids the promise holds for.
    package private(set) var confirmed: [String] = []

    package init(_ cluster: Cluster) throws {
        connection = try cluster.broker("load")
    }

    deinit { connection.close() }

    /// Publishes a command; waits only when the window of unconfirmed ones is full.
    package func publish(
        _ command: CommandName, id: String?, body: [UInt8], change: (inout Properties) -> Void = { _ in }
    ) throws {
        var properties = Properties()
        properties.contentType = "application/json"
        properties.isPersistent = true
        properties.messageID = id
        change(&properties)
        let token = next
        next += 1
        pending[token] = id ?? ""
        try connection.publish(
            OutgoingMessage(
                exchange: Topology.commandExchange, routingKey: Topology.routingKey(for: command),
                properties: properties, body: body, mandatory: true, token: token))
        if pending.count >= window { try settle() }
    }

    package func publish<C: Command>(_ command: C, id: String) throws {
        try publish(C.name, id: id, body: command.json())
    }

    /// Waits for every confirm.
    package func settle() throws {
        for report in try connection.waitForConfirms(within: .seconds(60)) {
            guard let id = pending.removeValue(forKey: report.token) else { continue }
            guard report.outcome == .confirmed else { throw TestFailure("\(id): \(report.outcome)") }
            confirmed.append(id)
        }
        guard pending.isEmpty else { throw TestFailure("\(pending.count) commands were not confirmed") }
    }
}

/// The state at rest, as the promise has it.
package struct Books {
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
        let broker = try cluster.broker("books")
        defer { broker.close() }
        var queued = 0
        for command in commands { queued += try broker.inspectQueue(Topology.queue(for: command))?.messages ?? 0 }
        self.queued = queued
    }
}

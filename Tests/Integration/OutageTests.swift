import AMQP
import Contracts
import Postgres
import TestSupport
import Testing

/// Broker and database go away under load and come back: every confirmed command has its one outcome, its effect once,
/// and its event.
@Suite(.servers, .enabled(if: ServerControl.command != nil || TestServers.isCI, "needs the servers of scripts/test"))
struct OutageTests {
    static let commands = 2000

    @Test(arguments: [
        "restart database", "kill database", "restart broker",
    ])
    func theClusterOutlivesAnOutage(outage: String) throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let events = try DurableEvents(cluster)
            let load = try Load(cluster)
            for number in 0..<Self.commands {
                try load.publish(
                    Cluster.probe, id: "job-\(number)", body: Cluster.probe("succeed", lane: "\(number % 50)"))
            }
            try load.settle()
            #expect(load.confirmed.count == Self.commands)
            let worker = try cluster.start("ProbeWorker", ["PREFETCH": "200"])
            let relay = try cluster.start("relay")
            try eventually("some commands are done") { (try? cluster.effects().rows) ?? 0 > 100 }

            try ServerControl.run(outage)
            if outage.hasPrefix("kill") { try ServerControl.run("start") }

            try eventually("every command is done", within: 90) {
                (try? cluster.effects().rows) ?? 0 >= Self.commands
            }
            try eventually("the books are closed", within: 60) {
                guard let books = try? Books(cluster, commands: [Cluster.probe]) else { return false }
                return books.outbox == 0 && books.queued == 0 && books.schedule == 0
                    && books.endings == ["s": Self.commands]
            }
            let effects = try cluster.effects()
            #expect(effects.rows == Self.commands)
            #expect(effects.jobs == Self.commands)
            #expect(try events.subjects() == Set(load.confirmed))
            // Neither gave up: an outage is no reason to die.
            #expect(worker.isRunning)
            #expect(relay.isRunning)
        }
    }
}

/// A subscriber with a durable queue, as a careful one has: what is published while it is away waits for it.
private struct DurableEvents {
    private let cluster: Cluster
    private static let queue = "outage.events"

    init(_ cluster: Cluster) throws {
        self.cluster = cluster
        let broker = try cluster.broker("subscriber")
        defer { broker.close() }
        _ = try broker.declareQueue(Self.queue, durable: true, exclusive: false, autoDelete: false, arguments: [:])
        try broker.bind(queue: Self.queue, exchange: Topology.eventExchange, routingKey: "probe.succeeded")
    }

    /// The commands whose success was announced. Reads the queue to its end.
    func subjects() throws -> Set<String> {
        let broker = try cluster.broker("subscriber")
        defer { broker.close() }
        let waiting = try broker.inspectQueue(Self.queue)?.messages ?? 0
        _ = try broker.consume(Self.queue, prefetch: 1000, noAck: true, exclusive: false)
        var subjects: Set<String> = []
        for _ in 0..<waiting {
            guard let delivery = try broker.receive(within: .seconds(20)) else { break }
            subjects.insert(try CompletionEvent(parsing: delivery.body).subject)
        }
        return subjects
    }
}

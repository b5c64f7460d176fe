import AMQP
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// A cluster at work, about to lose something: two workers, a relay, a producer and a subscriber.
struct OutageScene {
    let cluster: Cluster
    let producer: OutageProducer
    /// What the run is drawn from.
    let seed: UInt64
    private let events: OutageEvents
    private let processes: [RunningProcess]
    private var random: SeededRandom
    /// How many of the commands have to succeed; the others have to be refused.
    private var successes = 0

    /// - Parameter amqpURL: what producer, workers and relay find the broker by; the cluster's own when `nil`.
    init(_ cluster: Cluster, amqpURL: String? = nil) throws {
        self.cluster = cluster
        seed = TestServers.seed(of: "outage")
        random = SeededRandom(seed: seed)
        try cluster.prepareProbe()
        events = try OutageEvents(cluster)
        try Self.makeQueuesLast(cluster)
        let url = amqpURL ?? cluster.environment["AMQP_URL"]!
        producer = try OutageProducer(amqpURL: url)
        processes = try ["ProbeWorker", "ProbeWorker", "relay"].map {
            try cluster.start($0, ["AMQP_URL": url, "PREFETCH": "40", "PROBE_CAP": "none"])
        }
    }

    /// Makes sure that every quorum queue declared so far outlives a broker that is killed from now on.
    ///
    /// Which log on disk belongs to which quorum queue is in a file that RabbitMQ 3.10 writes up to a second after a
    /// declaration (`names.dets`: ra's `ra_directory` opens it with `{auto_save, 500}`). A broker that is killed before
    /// does not find the log of the youngest queue: it starts an empty one beside it, which has no leader and takes
    /// nothing, and what was confirmed is gone. The next declaration writes what is left of the earlier ones first, as
    /// it looks for a name that is not there yet. Later brokers write at once (rabbitmq/ra#443).
    private static func makeQueuesLast(_ cluster: Cluster) throws {
        let broker = try cluster.broker("prepare")
        defer { broker.close() }
        let last = "outage.last"
        _ = try broker.declareQueue(
            last, durable: true, exclusive: false, autoDelete: false, arguments: ["x-queue-type": "quorum"])
        _ = try broker.deleteQueue(last)
    }

    /// Publishes that many commands, and waits for nothing.
    ///
    /// Those that do not succeed at once stand together: each takes the transaction that it shares apart.
    mutating func publish(_ count: Int) {
        producer.publish(
            (0..<count).map { number in
                let act = number % 125 < 4 ? ["recover", "refuse"][random.next(below: 2)] : "slow"
                successes += act == "refuse" ? 0 : 1
                return Cluster.probe(act, lane: "\(number)", milliseconds: 2)
            })
    }

    /// Waits until a drawn number of further effects is there: a moment in the middle of the work.
    mutating func waitForProgress() throws {
        let start = try cluster.effects().rows
        let wanted = 30 + random.next(below: 60)
        try eventually("\(wanted) more commands are done, \(label)") { try cluster.effects().rows >= start + wanted }
    }

    /// Waits until all is done, and checks the promise.
    func expectTheBooksToBalance() throws {
        try producer.settle()
        let expected = ["s": successes, "r": producer.count - successes]
        var last: Rest?
        do {
            try eventually("the books are closed, \(label)", within: 60) {
                // The servers may still be on their way back.
                guard let books = try? Rest(cluster, commands: [Cluster.probe]) else { return false }
                last = books
                return books.outbox == 0 && books.queued == 0 && books.schedule == 0 && books.endings == expected
            }
        } catch {
            let logs = processes.map { $0.output.suffix(3000) }.joined(separator: "\n\n")
            throw TestFailure("\(error)\nexpected \(expected), found \(last.map { "\($0)" } ?? "nothing")\n\(logs)")
        }
        let effects = try cluster.effects()
        #expect(effects.rows == successes, "\(label)")
        #expect(effects.jobs == successes, "\(label)")
        let outcomes = try events.outcomes()
        #expect(Set(outcomes.keys) == producer.confirmed, "\(label)")
        #expect(outcomes.values.allSatisfy { $0.count == 1 }, "\(label)")
        // None gave up: an outage is no reason to die.
        #expect(processes.allSatisfy { $0.isRunning }, "\(label)")
    }

    private var label: String { "seed \(seed)" }
}

/// A subscriber with a durable queue, as a careful one has: what is published while it is away waits for it.
private struct OutageEvents {
    private let cluster: Cluster
    private static let queue = "outage.events"

    init(_ cluster: Cluster) throws {
        self.cluster = cluster
        let broker = try cluster.broker("subscriber")
        defer { broker.close() }
        _ = try broker.declareQueue(
            Self.queue, durable: true, exclusive: false, autoDelete: false, arguments: ["x-queue-type": "quorum"])
        try broker.bind(queue: Self.queue, exchange: Topology.eventExchange, routingKey: "probe.*")
    }

    /// The ids of the final events of each command. Reads the queue to its end.
    func outcomes() throws -> [String: Set<UniqueID>] {
        let broker = try cluster.broker("subscriber")
        defer { broker.close() }
        let waiting = try broker.inspectQueue(Self.queue)?.messages ?? 0
        let consumer = try broker.consume(Self.queue, prefetch: 1000, noAck: true, exclusive: false)
        defer { try? broker.cancel(consumer) }
        var outcomes: [String: Set<UniqueID>] = [:]
        for _ in 0..<waiting {
            guard let delivery = try broker.receive(within: .seconds(20)) else { break }
            let event = try CompletionEvent(parsing: delivery.body)
            if event.kind.isFinal { outcomes[event.subject, default: []].insert(event.id) }
        }
        return outcomes
    }
}

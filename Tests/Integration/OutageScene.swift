import AMQP
import Books
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
    private let events: EventBook
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
        events = EventBook(
            queue: "outage.events", commands: [Cluster.probe], path: cluster.directory + "/events.jsonl")
        let broker = try cluster.broker("subscriber")
        defer { broker.close() }
        try events.declare(on: broker)
        try Self.makeQueuesLast(cluster)
        let url = amqpURL ?? cluster.environment["AMQP_URL"]!
        producer = try OutageProducer(cluster, amqpURL: url)
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
    mutating func publish(_ count: Int) throws {
        var commands: [(body: [UInt8], ending: Outcome)] = []
        for number in 0..<count {
            let act = number % 125 < 4 ? ["recover", "refuse"][random.next(below: 2)] : "slow"
            successes += act == "refuse" ? 0 : 1
            let body = Cluster.probe(act, lane: "\(number)", milliseconds: 2)
            commands.append((body, act == "refuse" ? .refused : .succeeded))
        }
        try producer.publish(commands)
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
        let (database, broker) = (try cluster.database(), try cluster.broker("checker"))
        defer {
            database.close()
            broker.close()
        }
        var checker = Checker([Cluster.probe])
        checker.ledgers = [producer.ledger]
        checker.events = events
        checker.effects = [.probe]
        let report = try checker.check(database, broker)
        #expect(report.balances, "\(report), \(label)")
        #expect(report.counts.confirmed == producer.count && report.counts.effects == successes, "\(label)")
        // None gave up: an outage is no reason to die.
        #expect(processes.allSatisfy { $0.isRunning }, "\(label)")
    }

    private var label: String { "seed \(seed)" }
}

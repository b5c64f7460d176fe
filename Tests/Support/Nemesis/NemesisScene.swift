package import AMQP
package import Books
import Contracts
import Foundation
import Glibc
import Postgres

/// A cluster at work that bad things happen to: the shipped workers and the tests' own, a relay, and a producer in a
/// process of its own, all supervised, behind proxies, on the run's broker and a database server of its own.
package final class NemesisScene: Sendable {
    /// What differs between runs.
    package struct Plan: Sendable {
        /// Commands a second.
        package var rate = 30
        package var mix = NemesisLoad.Mix.all
        /// Commands after which the producer has said everything; 0 for no end.
        package var limit = 0
        /// How many deliveries a worker may hold, by its executable; 50 unless it stands here.
        package var prefetch = ["ProbeWorker": 20]
        /// Whether processes have clocks that can be set. It makes them slower.
        package var hasClocks = true
        /// What every process gets besides.
        package var changes: [String: String] = [:]
        /// What the tests' own workers get besides that.
        package var probeChanges: [String: String] = [:]

        package init() {}
    }

    /// Seconds after which broker and clients miss each other.
    static let heartbeat = 2

    package let cluster: Cluster
    package let seed: UInt64
    /// In front of the broker, for everybody but the test.
    package let broker: TCPProxy
    /// In front of the database.
    package let database: TCPProxy
    package let server: PrivateDatabase?
    package let workers: [Supervised]
    package let relay: Supervised
    package let producer: Supervised
    let user: OutageUser
    private let ledger: String
    private let load: NemesisLoad
    private let events: EventBook
    private let clocks: NemesisClocks?
    /// Held by whoever needs the producer to stay as it is.
    let producerGate = NSLock()

    /// Whether the processes have clocks that can be set.
    package var hasClocks: Bool { clocks != nil }

    /// Everything that is supervised.
    package var processes: [Supervised] { workers + [relay, producer] }

    /// Starts everything. What has been started when this throws ends with it.
    fileprivate init(_ cluster: Cluster, server: PrivateDatabase?, seed: UInt64, _ plan: Plan) throws {
        (self.cluster, self.server, self.seed) = (cluster, server, seed)
        try cluster.prepareProbe()
        try cluster.addServers(4000)
        ledger = cluster.directory + "/producer.ledger"
        events = EventBook(
            queue: "nemesis.events", commands: NemesisLoad.commands, path: cluster.directory + "/events")
        let connection = try cluster.broker("prepare")
        defer { connection.close() }
        try events.declare(on: connection)
        try connection.makeQueuesLast()
        broker = try TCPProxy(url: cluster.environment["AMQP_URL"]!)
        database = try TCPProxy(url: cluster.environment["DATABASE_URL"]!)
        clocks = plan.hasClocks ? NemesisClocks(directory: cluster.directory) : nil
        var changes = plan.changes
        changes["DATABASE_URL"] = try database.url(cluster.environment["DATABASE_URL"]!)
        // The last thing that may fail.
        user = try OutageUser(cluster)
        changes["AMQP_URL"] = try broker.url(user.amqpURL) + "?heartbeat=\(Self.heartbeat)"
        changes["CONSUMER_RENEWAL"] = "2s"
        let now = Timestamp.now
        load = NemesisLoad(seed: seed, mix: plan.mix, start: now, rate: plan.rate)
        let start: [(NemesisProducer.Setting, String)] = [
            (.seed, "\(seed)"), (.mix, plan.mix.rawValue), (.start, "\(now.microseconds)"),
            (.ledger, ledger), (.rate, "\(plan.rate)"), (.limit, "\(plan.limit)"),
        ]
        let said = Dictionary(uniqueKeysWithValues: start.map { ($0.0.rawValue, $0.1) })
        let shipped = ["lease-ip", "import-batch", "expire-task", "ingest-logs"]
        let (clocks, all) = (clocks, changes)
        workers = (["ProbeWorker", "ProbeWorker"] + shipped).enumerated().map { number, name in
            var own = all.merging(clocks?.environment(of: number) ?? [:]) { $1 }
            own["PREFETCH"] = "\(plan.prefetch[name] ?? 50)"
            // One of the two works on several batches at a time, as the shipped workers do.
            if number == 0 { own["PROBE_CAP"] = "none" }
            return Supervised(cluster, name, number < 2 ? own.merging(plan.probeChanges) { $1 } : own)
        }
        relay = Supervised(cluster, "relay", all.merging(clocks?.environment(of: 6) ?? [:]) { $1 })
        producer = Supervised(cluster, "Producer", all.merging(said) { $1 })
    }

    /// Ends every process.
    fileprivate func stop() {
        for process in processes { process.send(SIGCONT) }
        for process in processes { process.stop() }
        broker.close()
        database.close()
        user.remove()
    }

    /// Waits until so many further commands have had their outcome.
    package func waitForProgress(_ count: Int) throws {
        let start = try ended()
        try eventually("\(count) more commands are done, seed \(seed)") {
            (try? ended()).map { $0 >= start + count } ?? false
        }
    }

    private func ended() throws -> Int {
        try cluster.number("SELECT count(*) FROM job_key WHERE state IN ('s', 'r', 'f', 'd', 'c')")
    }

    /// Sets the clock of a process so many seconds ahead; what runs sees it as a step. Returns whether it can.
    func step(clock number: Int, by seconds: Int) throws -> Bool {
        guard let clocks else { return false }
        try clocks.step(number, by: seconds)
        return true
    }

    /// Has the producer say its last, and waits until everything has an outcome and nothing is on its way.
    package func rest(within seconds: Double = 90) throws {
        let settled = producer.count(of: "settled")
        producer.send(SIGCONT)
        var last = "the books could not be read"
        do {
            try eventually("the producer has everything confirmed, seed \(seed)", within: seconds) {
                producer.send(SIGTERM)
                return producer.count(of: "settled") > settled
            }
            producer.stop()
            try eventually("everything has its outcome, seed \(seed)", within: seconds) {
                // The servers may still be on their way back.
                guard let report = try? check() else { return false }
                last = "\(report)"
                return !report.imbalances.contains { Self.unrest.contains($0.kind) }
            }
        } catch {
            if let report = try? check() { last = "\(report.counts)\n\(report)" }
            let waiting = (try? waiting()).map { "\($0)" } ?? ""
            let said = producer.output.split(separator: "\n").suffix(3).joined(separator: "\n")
            throw TestFailure("\(error)\n\(last)\n\(waiting)\n\(said)\n\(standing())\n\(complaints())")
        }
    }

    /// What passes by itself as long as work goes on.
    private static let unrest: Set<Imbalance.Kind> = [
        .lost, .undecided, .notAnnounced, .leftInQueue, .leftInOutbox, .leftInSchedule, .leftDead,
    ]

    /// Compares the books.
    package func check() throws -> BooksReport {
        let connection = try cluster.broker("checker")
        defer { connection.close() }
        let database = try cluster.database()
        defer { database.close() }
        var checker = Checker(NemesisLoad.commands)
        checker.ledgers = [ledger]
        checker.events = events
        checker.effects = NemesisLoad.effects
        return try checker.check(database, connection)
    }

    /// The ids of a command that the broker has confirmed.
    func confirmed(of command: CommandName) throws -> Set<String> {
        var confirmed: Set<String> = []
        try ProducerLedger.read(ledger) { record in
            guard case .confirmed(let numbers) = record else { return }
            for number in numbers where load.command(number) == command { confirmed.insert(NemesisLoad.id(number)) }
        }
        return confirmed
    }

    /// The warnings of each process, the last ones.
    package func complaints(_ count: Int = 15) -> String {
        processes.map { process in
            let lines = process.output.split(separator: "\n").filter {
                !$0.hasPrefix("{") || $0.contains("\"warning\"") || $0.contains("\"error\"")
            }
            return "\(process.executable), \(process.starts) starts:\n" + lines.suffix(count).joined(separator: "\n")
        }.joined(separator: "\n\n")
    }
}

/// Runs `body` with a cluster at work, and ends all its processes whatever happens.
package func withNemesisScene<R>(
    _ cluster: Cluster, server: PrivateDatabase? = nil, seed: UInt64, _ plan: NemesisScene.Plan = .init(),
    _ body: (NemesisScene) throws -> R
) throws -> R {
    let scene = try NemesisScene(cluster, server: server, seed: seed, plan)
    defer { scene.stop() }
    try scene.waitForProgress(20)
    return try body(scene)
}

extension AMQP.Connection {
    /// Makes sure that every quorum queue declared so far outlives a broker that is killed from now on.
    ///
    /// Which log on disk belongs to which quorum queue is in a file that RabbitMQ 3.10 writes up to a second after a
    /// declaration (`names.dets`: ra's `ra_directory` opens it with `{auto_save, 500}`). A broker that is killed before
    /// does not find the log of the youngest queue: it starts an empty one beside it, which has no leader and takes
    /// nothing, and what was confirmed is gone. The next declaration writes what is left of the earlier ones first, as
    /// it looks for a name that is not there yet. Later brokers write at once (rabbitmq/ra#443).
    package func makeQueuesLast() throws {
        let last = "outage.last"
        _ = try declareQueue(
            last, durable: true, exclusive: false, autoDelete: false, arguments: ["x-queue-type": "quorum"])
        _ = try deleteQueue(last)
    }
}

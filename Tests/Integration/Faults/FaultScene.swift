import AMQP
import Books
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport

/// A cluster whose books are kept while its processes fail at chosen places.
final class FaultScene {
    let cluster: Cluster
    private let ledger: ProducerLedger
    private let events: EventBook
    private let database: Postgres.Connection

    /// A command and how it may end.
    struct Order {
        let id: String
        let body: [UInt8]
        let endings: Set<Outcome>
        var command = Cluster.probe
        /// What the broker would add when it hands the message out again.
        var headers: Headers = [:]
    }

    init(_ cluster: Cluster) throws {
        self.cluster = cluster
        try cluster.prepareProbe()
        try cluster.prepareLongProbe()
        try cluster.addServers(300)
        ledger = try ProducerLedger("\(cluster.directory)/promises")
        events = EventBook(
            queue: "subscriber", commands: Self.commands, path: "\(cluster.directory)/events")
        database = try cluster.database()
        let broker = try cluster.broker()
        defer { broker.close() }
        try events.declare(on: broker)
    }

    deinit { database.close() }

    private static let commands = [Cluster.probe, Cluster.longProbe, LeaseIP.name]

    /// Long commands that end in every way a handler knows.
    static func longMixture(_ name: String) -> [Order] {
        let acts: [(String, Set<Outcome>)] = [
            ("succeed", [.succeeded]), ("refuse", [.refused]), ("refuse-late", [.refused]), ("recover", [.succeeded]),
        ]
        return acts.enumerated().map { number, act in
            Order(
                id: "\(name) \(number)", body: Cluster.longProbe(act.0, steps: 2, targets: ["\(name) \(number)"]),
                endings: act.1, command: Cluster.longProbe)
        }
    }

    /// Commands that end in every way a handler knows: at once, refused before and after it wrote, after retries.
    static func mixture(_ name: String) -> [Order] {
        let acts: [(String, Set<Outcome>)] = [
            ("succeed", [.succeeded]), ("succeed", [.succeeded]), ("refuse", [.refused]),
            ("write-and-refuse", [.refused]), ("recover", [.succeeded]),
        ]
        return acts.enumerated().map { number, act in
            Order(
                id: "\(name) \(number)", body: Cluster.probe(act.0, lane: "\(name) \(number)".suffix(60).description),
                endings: act.1)
        }
    }

    /// Publishes what is written down before, and writes down that the broker has confirmed it.
    func publish(_ orders: [Order]) throws {
        let numbers = try intend(orders)
        let load = try Load(cluster)
        for order in orders {
            try load.publish(order.command, id: order.id, body: order.body) { $0.headers = order.headers }
        }
        try load.settle()
        try ledger.confirm(numbers)
    }

    /// Gives a worker a command that takes a while, and returns once its handler is at work, so that what comes next
    /// is a second batch beside it; or once the worker has failed over this one.
    func occupy(_ worker: RunningProcess, _ name: String) throws -> Order {
        let order = Order(id: "\(name) beside", body: Cluster.probe("slow", milliseconds: 600), endings: [.succeeded])
        try publish([order])
        try eventually("\(order.id) is worked on") {
            if !worker.isRunning || worker.output.contains("fault hit") { return true }
            return try number(
                """
                SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                    AND application_name LIKE \("probe@%/\(worker.id)") AND state = 'idle in transaction'
                """) > 0
        }
        return order
    }

    /// Writes down what somebody else publishes.
    func intend(_ orders: [Order]) throws -> Range<Int> {
        try ledger.intend(orders.map { Intention($0.command, id: $0.id, body: $0.body, endings: $0.endings) })
    }

    /// Writes down that the broker has confirmed it.
    func confirm(_ numbers: Range<Int>) throws { try ledger.confirm(numbers) }

    /// Waits until every command has its outcome and nothing waits in the database any more.
    ///
    /// What is due later is due now: a claim whose relay is dead, the retry of a command, the events of a worker that
    /// was killed.
    func rest(_ orders: [Order], within seconds: Double = 60) throws {
        let ids = orders.map(\.id)
        try eventually("\(ids.first ?? "") and the others are done, \(ids.count) in all", within: seconds) {
            try hurry()
            return try number(
                """
                SELECT count(*) FROM job JOIN job_key USING (key)
                WHERE job.id = ANY(\(ids)) AND job_key.state IN ('s', 'r', 'f', 'd', 'c')
                """) == ids.count && isEmpty() && queued() == 0
        }
    }

    /// How many messages wait in the queues of these commands.
    func queued() throws -> Int {
        let broker = try cluster.broker("queued")
        defer { broker.close() }
        return try Self.commands.reduce(0) {
            $0 + (try broker.inspectQueue(Topology.queue(for: $1))?.messages ?? 0)
        }
    }

    /// Stops the worker that has brought everything to rest. What a dead process held comes back when the broker
    /// notices: then a further one takes it.
    func stop(
        _ worker: RunningProcess, _ executable: String, _ changes: [String: String], _ orders: [Order]
    ) throws {
        try FaultCell.stop(worker)
        // A cell has one dead process, which held what it held on one connection.
        for _ in 1...3 where try queued() > 0 {
            let next = try cluster.start(executable, changes)
            try rest(orders)
            try FaultCell.stop(next)
        }
        guard try queued() == 0 else { throw TestFailure("messages come back again and again") }
    }

    /// Whether nothing of these commands waits in the database.
    func isEmpty() throws -> Bool {
        try number(
            """
            SELECT (SELECT count(*) FROM outbox)
                + (SELECT count(*) FROM schedule WHERE command LIKE '%probe') + (SELECT count(*) FROM run)
            """) == 0
    }

    /// Makes what is due later due now.
    func hurry() throws {
        try database.execute(
            """
            UPDATE outbox SET due_at = now()
            WHERE id IN (SELECT id FROM outbox WHERE due_at > now() FOR UPDATE SKIP LOCKED)
            """)
        try database.execute(
            """
            UPDATE schedule SET due_at = now()
            WHERE subject IN (
                SELECT subject FROM schedule WHERE command LIKE '%probe' AND due_at > now()
                FOR UPDATE SKIP LOCKED)
            """)
    }

    /// A number from the database.
    func number(_ sql: SQL) throws -> Int { try database.query(sql).get(0, 0) }

    /// What does not balance.
    func imbalances() throws -> [Imbalance] {
        var checker = Checker(Self.commands)
        checker.ledgers = [ledger.path]
        checker.events = events
        checker.effects = [
            .probe, .longProbe,
            EffectSource(
                LeaseIP.name,
                """
                SELECT job.key, count(*) FROM lease JOIN job ON job.id = lease.holder AND job.command = 'lease-ip'
                GROUP BY job.key
                """),
        ]
        let broker = try cluster.broker("books")
        defer { broker.close() }
        return try checker.check(database, broker).imbalances
    }
}

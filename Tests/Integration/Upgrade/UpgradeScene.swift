import AMQP
import Books
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// A cluster whose editions change under load: leases, kept book of from the producer to the subscriber. Their ids are
/// of version 7, as the command line draws them: the ledger's keys begin with their time.
struct UpgradeScene {
    let cluster: Cluster
    /// In front of the broker, for the worker that is to lose its connection.
    let proxy: TCPProxy
    private let ledger: ProducerLedger
    private let events: EventBook

    init(_ cluster: Cluster) throws {
        self.cluster = cluster
        proxy = try TCPProxy(url: cluster.environment["AMQP_URL"]!)
        ledger = try ProducerLedger(cluster.directory + "/ledger.jsonl")
        events = EventBook(queue: "books.events", commands: [LeaseIP.name], path: cluster.directory + "/events.jsonl")
        try cluster.addServers(TestServers.isFull ? 100_000 : 20_000)
        let broker = try cluster.broker("scene")
        defer { broker.close() }
        try events.declare(on: broker)
    }

    /// An id of version 7.
    static func newID() -> String { UniqueID.v7(at: .now, random: (.random(in: 0 ... .max), 0)).description }

    /// Starts an executable of an edition, and waits until it is ready.
    func start(
        _ executable: String, of binaries: String, _ changes: [String: String] = [:]
    ) throws -> RunningProcess {
        let process = try cluster.launch(path: "\(binaries)/\(executable)", changes)
        try process.waitForLine(containing: "\"ready\"")
        return process
    }

    /// A worker of an edition that reaches the broker through ``proxy``.
    func startProxied(of binaries: String) throws -> RunningProcess {
        try start("lease-ip", of: binaries, ["AMQP_URL": proxy.url(cluster.environment["AMQP_URL"]!)])
    }

    /// Waits until so many further commands are done; by this process, if one is given.
    func awaitWork(_ count: Int = 200, by process: RunningProcess? = nil) throws {
        let worker = process.map { "%/\($0.id)" } ?? "%"
        func done() throws -> Int {
            try cluster.number("SELECT count(*) FROM job WHERE state = 's' AND worker LIKE \(worker)")
        }
        let before = try done()
        try eventually("\(count) more are done") { try done() >= before + count }
    }

    /// Runs an executable of this edition.
    func run(_ executable: String, _ words: [String]) throws -> FinishedProcess {
        try FinishedProcess(
            path: "\(TestServers.require().binaries)/\(executable)", arguments: words,
            environment: cluster.environment)
    }

    /// Asks for a lease with the command line of an edition, and waits for it.
    func askOnce(with binaries: String, holder: String) throws {
        let (id, body) = (Self.newID(), LeaseIP(holder: holder).json())
        let numbers = try ledger.intend([Intention(LeaseIP.name, id: id, body: body, endings: [.succeeded])])
        let asked = try FinishedProcess(
            path: "\(binaries)/ruche",
            arguments: ["enqueue", "lease-ip", "--set", "holder=\(holder)", "--id", id, "--wait", "--timeout", "60s"],
            environment: cluster.environment)
        #expect(asked.status == 0, "\(holder): \(asked.errors)")
        if asked.status == 0 { try ledger.confirm(numbers) }
    }

    /// Has the only worker commit what the broker never hears of, and kills it: what it held is done, and delivered
    /// again.
    func killBetweenCommitAndAck(_ worker: RunningProcess) throws {
        let holder = try cluster.database()
        defer { holder.close() }
        func done() throws -> Int { try cluster.number("SELECT count(*) FROM job WHERE state = 's'") }
        let tx = holder.begin()
        try tx.execute("LOCK TABLE lease IN EXCLUSIVE MODE")
        try eventually("the worker waits for the table") {
            try cluster.number(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """) > 0
        }
        proxy.inflict(.frozen)
        let before = try done()
        tx.rollback()
        try eventually("it commits") { try done() > before }
        worker.kill()
        proxy.close()
    }

    /// A producer that goes on until it is told to stop.
    func produce() throws -> LeaseStream { try LeaseStream(cluster, ledger: ledger) }

    /// Publishes leases a few at a time, each group once the one before is confirmed and written down.
    final class LeaseStream: Sendable {
        private let isStopping = SharedBox(false)
        private let failure = SharedBox<String?>(nil)
        private let asked = SharedBox<[String]>([])
        private let thread: TestThread

        fileprivate init(_ cluster: Cluster, ledger: ProducerLedger) throws {
            let (isStopping, failure, asked) = (isStopping, failure, asked)
            thread = TestThread {
                do {
                    let load = try Load(cluster, ledger: ledger)
                    var number = 0
                    var ids = UniqueID.Generator()
                    while !isStopping.withLock({ $0 }) {
                        let holders = asked.withLock { asked in
                            defer { asked = [] }
                            return asked
                        }
                        for place in 0..<20 {
                            number += 1
                            let holder = place < holders.count ? holders[place] : "client-\(number)"
                            let body = LeaseIP(holder: holder, ttlSeconds: 3600).json()
                            try load.publish(
                                LeaseIP.name, id: ids.next().description, body: body, endings: [.succeeded])
                        }
                        try load.settle()
                        // A load, and not as much as there can be: the addresses must last.
                        usleep(20_000)
                    }
                } catch { failure.withLock { $0 = "\(error)" } }
            }
        }

        /// Asks for leases of these holders too.
        func ask(_ holders: [String]) { asked.withLock { $0 += holders } }

        /// Ends it; what it published is confirmed.
        func stop() throws {
            isStopping.withLock { $0 = true }
            thread.join()
            if let failure = failure.withLock({ $0 }) { throw TestFailure("the producer: \(failure)") }
        }
    }

    /// Waits until all is done, and opens the books.
    func balance() throws {
        try eventually("all is done") {
            let rest = try Rest(cluster, commands: [LeaseIP.name])
            return rest.queued == 0 && rest.outbox == 0 && rest.endings.keys.allSatisfy { $0 == "s" }
        }
        var checker = Checker([LeaseIP.name])
        checker.ledgers = [ledger.path]
        checker.events = events
        let (database, broker) = (try cluster.database(), try cluster.broker("checker"))
        defer {
            database.close()
            broker.close()
        }
        let report = try checker.check(database, broker)
        #expect(report.balances, "\(report)")
        // A lease does not say which job granted it: as many as successes, and no address twice.
        let leases: Int = try cluster.number("SELECT count(*) FROM lease")
        #expect(leases == report.counts.outcomes[.succeeded])
        #expect(report.counts.promises > 200, "\(report.counts)")
        print("upgrade: \(report.counts.promises) commands, \(report.counts.outcomes)")
    }
}

import AMQP
import Books
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// A cluster whose editions change under load: leases, kept book of from the producer to the subscriber.
struct UpgradeScene {
    let cluster: Cluster
    private let ledger: ProducerLedger
    private let events: EventBook

    init(_ cluster: Cluster) throws {
        self.cluster = cluster
        ledger = try ProducerLedger(cluster.directory + "/ledger.jsonl")
        events = EventBook(queue: "books.events", commands: [LeaseIP.name], path: cluster.directory + "/events.jsonl")
        try cluster.addServers(TestServers.isFull ? 100_000 : 20_000)
        let broker = try cluster.broker("scene")
        defer { broker.close() }
        try events.declare(on: broker)
    }

    /// The workers and the relay of an edition.
    func start(_ binaries: String) throws -> [RunningProcess] {
        let processes = try ["relay", "lease-ip", "lease-ip"].map { try cluster.launch(path: "\(binaries)/\($0)") }
        for process in processes { try process.waitForLine(containing: "\"ready\"") }
        return processes
    }

    /// Runs an executable of this edition.
    func run(_ executable: String, _ words: [String]) throws -> FinishedProcess {
        try FinishedProcess(
            path: "\(TestServers.require().binaries)/\(executable)", arguments: words,
            environment: cluster.environment)
    }

    /// Asks for a lease with the command line of an edition, and waits for it.
    func askOnce(with binaries: String, id: String) throws {
        let body = LeaseIP(holder: "a").json()
        let numbers = try ledger.intend([Intention(LeaseIP.name, id: id, body: body, endings: [.succeeded])])
        let asked = try FinishedProcess(
            path: "\(binaries)/ruche",
            arguments: ["enqueue", "lease-ip", "--set", "holder=a", "--id", id, "--wait", "--timeout", "60s"],
            environment: cluster.environment)
        #expect(asked.status == 0, "\(id): \(asked.errors)")
        if asked.status == 0 { try ledger.confirm(numbers) }
    }

    /// A producer that goes on until it is told to stop.
    func produce() throws -> Producer { try Producer(cluster, ledger: ledger) }

    /// Publishes leases a few at a time, each group once the one before is confirmed and written down.
    final class Producer: Sendable {
        private let isStopping = SharedBox(false)
        private let failure = SharedBox<String?>(nil)
        private let thread: TestThread

        fileprivate init(_ cluster: Cluster, ledger: ProducerLedger) throws {
            let (isStopping, failure) = (isStopping, failure)
            thread = TestThread {
                do {
                    let load = try Load(cluster, ledger: ledger)
                    var number = 0
                    while !isStopping.withLock({ $0 }) {
                        for _ in 0..<20 {
                            number += 1
                            let body = LeaseIP(holder: "client-\(number)", ttlSeconds: 3600).json()
                            try load.publish(LeaseIP.name, id: "lease-\(number)", body: body, endings: [.succeeded])
                        }
                        try load.settle()
                        // A load, and not as much as there can be: the addresses must last.
                        usleep(20_000)
                    }
                } catch { failure.withLock { $0 = "\(error)" } }
            }
        }

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

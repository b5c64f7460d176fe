import AMQP
import Contracts
import Foundation
import Runtime
import TestSupport

/// A queue that lies full when a worker is started: timed from the first message handed out to the last event.
struct Drain {
    private let workload: DrainWorkload
    private let count: Int
    private let behind: Int
    private let settings: [String: String]

    /// - Parameters:
    ///   - options: how many commands, and with which settings.
    ///   - behind: commands that the cluster has done before, and holds in its ledger.
    init(_ workload: DrainWorkload, _ options: BenchOptions, behind: Int = 0) {
        self.workload = workload
        self.behind = behind
        settings = workload.settings.merging(options.settings) { $1 }
        count = max(100, Int(Double(workload.count) * options.scale))
    }

    func run() throws -> [Figures] {
        try withCluster { cluster in
            try workload.prepare(cluster, for: behind + count)
            let events = try grown(cluster)
            // Another one: the broker hangs up on who is silent while the database is vacuumed.
            let broker = try cluster.broker("bench")
            defer { broker.close() }
            var enqueue = Figures(workload: "enqueue")
            enqueue.rate = Double(count) / (try Filling(cluster).run(workload, behind..<behind + count))
            let row = try drain(cluster, broker, events)
            return workload == .lease && behind == 0 ? [enqueue, row] : [row]
        }
    }

    /// The queue of the events, once the ledger holds what it is to hold.
    private func grown(_ cluster: Cluster) throws -> EventQueue {
        let broker = try cluster.broker("bench growth")
        defer { broker.close() }
        let events = try EventQueue(broker, of: workload.command)
        if behind > 0 { try grow(cluster, broker, events) }
        return events
    }

    private func drain(_ cluster: Cluster, _ broker: AMQP.Connection, _ events: EventQueue) throws -> Figures {
        let queue = Topology.queue(for: workload.command)
        let worker = try cluster.launch(workload.executable, settings)
        let accounts = Accounts(worker: worker.id)
        var before = accounts.seconds
        var begin = Monotonic.now
        while try broker.inspectQueue(queue)?.messages ?? 0 >= count {
            guard worker.isRunning else { throw TestFailure("it ended:\n\(worker.output)") }
            usleep(10_000)
            (before, begin) = (accounts.seconds, .now)
        }
        try waitFor(count, broker, events, worker)
        let took = Monotonic.now - begin
        let after = accounts.seconds
        var row = Figures(workload: behind == 0 ? workload.rawValue : "\(workload.rawValue)-behind-\(behind)")
        row.rate = Double(count * workload.units) / took.seconds
        row.rssMb = ProcessTree.peakMemory(of: worker.id)
        row.note(processor: after, since: before, for: count)
        worker.terminate()
        let imbalances = try workload.imbalances(cluster, count: behind + count)
        for imbalance in imbalances { print("\(row.workload): \(imbalance)") }
        row.exact = imbalances.isEmpty
        return row
    }

    /// Has the worker do what the ledger is to hold, a part at a time: a queue of a million is another measurement.
    private func grow(_ cluster: Cluster, _ broker: AMQP.Connection, _ events: EventQueue) throws {
        let worker = try cluster.launch(workload.executable, settings)
        for start in stride(from: 0, to: behind, by: Self.part) {
            let part = start..<min(behind, start + Self.part)
            _ = try Filling(cluster).run(workload, part)
            try waitFor(part.count, broker, events, worker)
            _ = try broker.purgeQueue(events.name)
        }
        worker.terminate()
        let database = try cluster.database()
        defer { database.close() }
        try database.script("VACUUM ANALYZE")
        try database.script("CHECKPOINT")
    }

    /// Waits until so many events lie in their queue.
    private func waitFor(
        _ count: Int, _ broker: AMQP.Connection, _ events: EventQueue, _ worker: RunningProcess
    ) throws {
        let begin = Monotonic.now
        while try events.count(broker) < count {
            guard worker.isRunning, Monotonic.now - begin < .seconds(300) else {
                throw TestFailure("\(workload.rawValue) stands still:\n\(worker.output)")
            }
            usleep(20_000)
        }
    }

    private static let part = 50_000
}

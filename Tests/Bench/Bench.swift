import AMQP
import Contracts
import Foundation
import Runtime
import TestSupport

/// Runs what was asked for, ours and the reference in turn, and writes the medians.
struct Bench {
    private let options: BenchOptions
    private let servers: TestServers

    init(_ options: BenchOptions) throws {
        self.options = options
        servers = try TestServers.require()
    }

    func run() throws {
        var measured: [Figures] = []
        func note(_ rows: [Figures]) {
            for row in rows { print(row.row) }
            measured += rows
        }
        print(Figures.head)
        for repetition in 1...options.repetitions {
            for workload in options.drains { note(try drain(workload)) }
            for pace in options.paces { note([try latency(pace)]) }
            if let kit = options.reference { note(try Reference(kit, servers).run(options, repetition)) }
        }
        let medians = Figures.medians(measured)
        print("\n## Medians of \(options.repetitions)\n\n\(Figures.head)")
        for row in medians { print(row.row) }
        if let file = options.file {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(medians).write(to: URL(fileURLWithPath: file))
        }
        guard medians.allSatisfy({ $0.exact != false }) else { throw TestFailure("not everything was exact") }
    }

    /// Fills a queue, starts a worker, and times it from the first message handed out to the last event announced.
    private func drain(_ workload: DrainWorkload) throws -> [Figures] {
        let count = max(100, Int(Double(workload.count) * options.scale))
        return try withCluster { cluster in
            try workload.prepare(cluster, for: count)
            let broker = try cluster.broker("bench")
            defer { broker.close() }
            let events = try EventQueue(broker, of: workload.command)
            let filled = try Filling(cluster).run(workload, count)
            var enqueue = Figures(workload: "enqueue", system: Self.system)
            enqueue.rate = Double(count) / filled

            let queue = Topology.queue(for: workload.command)
            let worker = try cluster.launch(workload.executable, ["LOG_LEVEL": "warning"])
            let accounts = Accounts(worker: worker.id)
            var before = accounts.seconds
            var begin = Monotonic.now
            while try broker.inspectQueue(queue)?.messages ?? 0 >= count {
                guard worker.isRunning else { throw TestFailure("it ended:\n\(worker.output)") }
                usleep(10_000)
                (before, begin) = (accounts.seconds, .now)
            }
            while try events.count(broker) < count {
                guard worker.isRunning, Monotonic.now - begin < .seconds(300) else {
                    throw TestFailure("\(workload.rawValue) stands still:\n\(worker.output)")
                }
                usleep(20_000)
            }
            let took = Monotonic.now - begin
            let after = accounts.seconds
            var row = Figures(workload: workload.rawValue, system: Self.system)
            row.rate = Double(count * workload.units) / took.seconds
            row.rssMb = ProcessTree.peakMemory(of: worker.id)
            row.take(zip(after, before).map { ($0 - $1) / Double(count) * 1000 })
            worker.terminate()
            let imbalances = try workload.imbalances(cluster, count: count)
            for imbalance in imbalances { print("\(workload.rawValue): \(imbalance)") }
            row.exact = imbalances.isEmpty
            return workload == .lease ? [enqueue, row] : [row]
        }
    }

    /// Leases addresses at an even pace, and times each from its publishing to the arrival of its event.
    private func latency(_ pace: Int) throws -> Figures {
        let warmUp = options.paceSeconds / 3
        let count = Int(Double(pace) * (options.paceSeconds + warmUp))
        return try withCluster { cluster in
            try DrainWorkload.lease.prepare(cluster, for: count)
            let broker = try cluster.broker("bench")
            defer { broker.close() }
            let events = try EventQueue(broker, of: LeaseIP.name)
            let worker = try cluster.start("lease-ip", ["LOG_LEVEL": "info"])
            let accounts = Accounts(worker: worker.id)
            let before = accounts.seconds
            var times = try Pacing(cluster, events).run(pace, count)
            let after = accounts.seconds
            times.removeFirst(Int(Double(pace) * warmUp))
            times.sort()
            var row = Figures(workload: "latency-\(pace)", system: Self.system)
            func percentile(_ share: Double) -> Double { times[Int(Double(times.count - 1) * share)] }
            (row.p50, row.p95, row.p99) = (percentile(0.5), percentile(0.95), percentile(0.99))
            row.rssMb = ProcessTree.peakMemory(of: worker.id)
            row.take(zip(after, before).map { ($0 - $1) / Double(count) * 1000 })
            worker.terminate()
            row.exact = try DrainWorkload.lease.imbalances(cluster, count: count).isEmpty
            return row
        }
    }

    private static let system = "Ruche"
}

extension Figures {
    /// Notes the processor seconds of worker, broker and database.
    fileprivate mutating func take(_ seconds: [Double]) {
        (cpuSPer1000, cpuBrokerSPer1000, cpuPgSPer1000) = (seconds[0], seconds[1], seconds[2])
    }
}

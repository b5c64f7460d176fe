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
            for workload in options.drains { note(try Drain(workload, options).run()) }
            if options.ledger > 0 { note(try Drain(.lease, options, behind: options.ledger).run()) }
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

    /// Leases addresses at an even pace, and times each from its publishing to the arrival of its event.
    private func latency(_ pace: Int) throws -> Figures {
        let warmUp = options.paceSeconds / 3
        let count = Int(Double(pace) * (options.paceSeconds + warmUp))
        return try withCluster { cluster in
            try DrainWorkload.lease.prepare(cluster, for: count)
            let broker = try cluster.broker("bench")
            defer { broker.close() }
            let events = try EventQueue(broker, of: LeaseIP.name)
            let worker = try cluster.start("lease-ip", options.settings.merging(["LOG_LEVEL": "info"]) { $1 })
            let accounts = Accounts(worker: worker.id)
            let before = accounts.seconds
            var times = try Pacing(cluster, events).run(pace, count)
            let after = accounts.seconds
            times.removeFirst(Int(Double(pace) * warmUp))
            times.sort()
            var row = Figures(workload: "latency-\(pace)")
            func percentile(_ share: Double) -> Double { times[Int(Double(times.count - 1) * share)] }
            (row.p50, row.p95, row.p99) = (percentile(0.5), percentile(0.95), percentile(0.99))
            row.rssMb = ProcessTree.peakMemory(of: worker.id)
            row.note(processor: after, since: before, for: count)
            worker.terminate()
            row.exact = try DrainWorkload.lease.imbalances(cluster, count: count).isEmpty
            return row
        }
    }
}

import Contracts

/// The metrics of the loop, by their conventional names.
struct WorkMeter: Sendable {
    let metrics: Metrics
    private let jobs: Metrics.Family
    private let duration: Metrics.Family
    private let batch: Metrics.Family
    private let rollbacks: Metrics.Family
    private let own: [Counter: Metrics.Family]

    /// - Parameter counters: the workers' own.
    init(_ metrics: Metrics, _ counters: Set<Counter> = []) {
        self.metrics = metrics
        jobs = metrics.register(
            .counter, "ruche_jobs_total", "Commands by how their passage ended.", labels: ["command", "outcome"])
        duration = metrics.register(
            .histogram, "ruche_batch_duration_seconds", "From the start of a transaction to its commit.",
            labels: ["command"], buckets: Metrics.durations)
        batch = metrics.register(
            .histogram, "ruche_batch_commands", "Commands in a transaction.", labels: ["command"],
            buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500])
        rollbacks = metrics.register(
            .counter, "ruche_batches_again_total",
            "Batches admitted again, uncounted: connection, deadlock, commit lost.")
        own = Dictionary(
            uniqueKeysWithValues: counters.map { counter in
                (counter, metrics.register(.counter, counter.name, counter.help, labels: counter.labels))
            })
    }

    /// Counts endings that are committed.
    func count(_ endings: [EventKind], of command: CommandName) {
        var counts: [EventKind: Int] = [:]
        for kind in endings { counts[kind, default: 0] += 1 }
        for (kind, count) in counts { metrics.add(Double(count), to: jobs, [command.rawValue, kind.rawValue]) }
    }

    /// Adds what handlers counted in a transaction that is committed.
    func add(_ counts: Counts) {
        for (sample, amount) in counts.amounts {
            guard let family = own[sample.counter] else { preconditionFailure("\(sample.counter.name) is no option") }
            metrics.add(Double(amount), to: family, sample.values)
        }
    }

    /// Notes a committed transaction.
    func passage(of command: CommandName, commands: Int, took: Duration) {
        metrics.observe(took.seconds, in: duration, [command.rawValue])
        metrics.observe(Double(commands), in: batch, [command.rawValue])
    }

    /// Counts a batch that is admitted again.
    func again() {
        metrics.add(to: rollbacks)
    }
}

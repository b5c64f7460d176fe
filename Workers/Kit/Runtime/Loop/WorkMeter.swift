import Contracts

/// The metrics of the loop, by their conventional names.
struct WorkMeter: Sendable {
    let metrics: Metrics
    private let jobs: Metrics.Family
    private let duration: Metrics.Family
    private let batch: Metrics.Family
    private let rollbacks: Metrics.Family
    private let wait: Metrics.Family
    private let job: Metrics.Family
    private let retries: Metrics.Family
    private let success: Metrics.Family
    private let own: [Counter: Metrics.Family]

    /// - Parameters:
    ///   - commands: what the process serves.
    ///   - counters: the workers' own.
    init(_ metrics: Metrics, _ commands: [CommandName] = [], _ counters: Set<Counter> = []) {
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
        wait = metrics.register(
            .histogram, "ruche_job_wait_seconds", "From a command's sending to its first admission.",
            labels: ["command"], buckets: Metrics.waits)
        job = metrics.register(
            .histogram, "ruche_job_duration_seconds", "From the start of a command's transaction to its commit.",
            labels: ["command"], buckets: Metrics.durations)
        retries = metrics.register(
            .counter, "ruche_job_retries_total", "Attempts that failed and are made again, by the reason.",
            labels: ["command", "reason"])
        success = metrics.register(
            .gauge, "ruche_last_success_timestamp_seconds", "When a command last succeeded, since the epoch.",
            labels: ["command"])
        own = Dictionary(
            uniqueKeysWithValues: counters.map { counter in
                (counter, metrics.register(.counter, counter.name, counter.help, labels: counter.labels))
            })
        for command in commands.map(\.rawValue) {
            // A long command's progress is no end of a passage.
            for kind in EventKind.allCases where kind != .progressed { metrics.begin(jobs, [command, kind.rawValue]) }
            for family in [duration, batch, wait, job] { metrics.begin(family, [command]) }
        }
    }

    /// Counts what a passage has committed.
    func count(_ done: Passage.Done, of command: CommandName) {
        let labels = [command.rawValue]
        var counts: [EventKind: Int] = [:]
        for kind in done.endings where kind != .progressed { counts[kind, default: 0] += 1 }
        for (kind, count) in counts { metrics.add(Double(count), to: jobs, [command.rawValue, kind.rawValue]) }
        if counts[.succeeded] != nil { metrics.set(Double(Timestamp.now.microseconds) / 1e6, of: success, labels) }
        metrics.observe(done.waits, in: wait, labels)
        for reason in done.retries { metrics.add(to: retries, [command.rawValue, reason]) }
        add(done.counts)
    }

    /// Adds what handlers counted in a transaction that is committed.
    func add(_ counts: Counts) {
        for (sample, amount) in counts.amounts {
            guard let family = own[sample.counter] else { preconditionFailure("\(sample.counter.name) is no option") }
            metrics.add(Double(amount), to: family, sample.values)
        }
    }

    /// Notes a committed transaction.
    ///
    /// - Parameters:
    ///   - commands: how many it was about.
    ///   - booked: those of them that were not known already.
    func passage(of command: CommandName, commands: Int, booked: Int, took: Duration) {
        let labels = [command.rawValue]
        metrics.observe(took.seconds, in: duration, labels)
        metrics.observe(Double(commands), in: batch, labels)
        if booked > 0 { metrics.observe(took.seconds, in: job, labels, count: booked) }
    }

    /// Counts a batch that is admitted again.
    func again() {
        metrics.add(to: rollbacks)
    }
}

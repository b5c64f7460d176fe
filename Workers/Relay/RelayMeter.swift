import Contracts
import Depth
import Runtime

/// The relay's metrics, by their conventional names.
struct RelayMeter: Sendable {
    /// How a dead letter ended.
    enum DeadLetterEnd: String, CaseIterable, Sendable {
        case returned, final, stray
    }

    private let metrics: Metrics
    private let swept: Metrics.Family
    private let moved: Metrics.Family
    private let dead: Metrics.Family
    private let alarms: Metrics.Family
    private let pruned: Metrics.Family
    private let droppedDays: Metrics.Family
    private let merged: Metrics.Family
    private let rescued: Metrics.Family
    private let outboxRows: Metrics.Family
    private let outboxAge: Metrics.Family
    private let scheduleDue: Metrics.Family
    private let scheduleLag: Metrics.Family
    private let depth: DepthMeter

    init(_ metrics: Metrics) {
        self.metrics = metrics
        swept = metrics.register(
            .counter, "ruche_relay_events_total", "Events of the outbox by the broker's answer.", labels: ["answer"])
        moved = metrics.register(
            .counter, "ruche_relay_commands_total", "Due commands by the broker's answer.",
            labels: ["command", "answer"])
        dead = metrics.register(
            .counter, "ruche_relay_dead_letters_total", "Dead letters by what became of them.", labels: ["end"])
        alarms = metrics.register(
            .counter, "ruche_relay_alarms_total",
            "Destinations that refused everything for long, messages that keep dying.")
        pruned = metrics.register(
            .counter, "ruche_relay_pruned_rows_total", "Rows deleted past their horizon.", labels: ["table"])
        droppedDays = metrics.register(
            .counter, "ruche_relay_dropped_partitions_total", "Partitions dropped past retention.")
        merged = metrics.register(
            .counter, "ruche_relay_merged_chunks_total",
            "Small chunks of log lines: taken, and made of them.", labels: ["end"])
        rescued = metrics.register(
            .counter, "ruche_relay_rescued_runs_total",
            "Long commands taken from a worker that gave no sign of life for a lease.")
        outboxRows = metrics.register(
            .gauge, "ruche_outbox_rows", "Batches of events that wait for their confirm; counted up to a million.")
        outboxAge = metrics.register(
            .gauge, "ruche_outbox_oldest_age_seconds", "Age of the oldest event that waits for its confirm.")
        scheduleDue = metrics.register(
            .gauge, "ruche_schedule_due_rows", "Commands that are due and not moved; counted up to a million each.")
        scheduleLag = metrics.register(
            .gauge, "ruche_schedule_lag_seconds", "How late the earliest due command is.")
        depth = DepthMeter(metrics)
        begin()
    }

    /// Shows what has not happened yet as 0.
    private func begin() {
        for answer in Self.answers {
            metrics.begin(swept, [answer])
            for command in Catalogue.commands { metrics.begin(moved, [command.name.rawValue, answer]) }
        }
        for end in DeadLetterEnd.allCases { metrics.begin(dead, [end.rawValue]) }
        for table in PrunedTable.allCases { metrics.begin(pruned, [table.rawValue]) }
        for end in ["taken", "made"] { metrics.begin(merged, [end]) }
    }

    private static let answers = ["confirmed", "refused", "none"]

    func swept(_ count: Tally.Count) { add(count, to: swept, []) }

    func moved(_ count: Tally.Count, of command: String) { add(count, to: moved, [command]) }

    func dead(_ end: DeadLetterEnd) { metrics.add(to: dead, [end.rawValue]) }

    func alarm() { metrics.add(to: alarms) }

    func pruned(_ count: Int, from table: PrunedTable) {
        if count > 0 { metrics.add(Double(count), to: pruned, [table.rawValue]) }
    }

    func droppedDays(_ count: Int) { if count > 0 { metrics.add(Double(count), to: droppedDays) } }

    func merged(_ yield: LogMerge.Yield) {
        metrics.add(Double(yield.taken), to: merged, ["taken"])
        metrics.add(Double(yield.made), to: merged, ["made"])
    }

    func rescued(_ count: Int) { if count > 0 { metrics.add(Double(count), to: rescued) } }

    /// Shows what a look has found.
    func show(_ cluster: ClusterDepth) {
        metrics.replace(outboxRows, with: [([], Double(cluster.outbox))])
        metrics.replace(outboxAge, with: [([], cluster.outboxAge.seconds)])
        metrics.replace(scheduleDue, with: [([], Double(cluster.scheduleDue))])
        metrics.replace(scheduleLag, with: [([], cluster.scheduleLag.seconds)])
        depth.show(cluster)
    }

    /// Shows nothing of what the last look has found.
    func forget() {
        for family in [outboxRows, outboxAge, scheduleDue, scheduleLag] { metrics.replace(family, with: []) }
        depth.forget()
    }

    private func add(_ count: Tally.Count, to family: Metrics.Family, _ labels: [String]) {
        for (answer, number) in zip(Self.answers, [count.taken, count.refused, count.unknown]) where number > 0 {
            metrics.add(Double(number), to: family, labels + [answer])
        }
    }
}

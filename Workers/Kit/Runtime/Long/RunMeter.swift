import Contracts

/// The metrics of runs, by their conventional names.
struct RunMeter: Sendable {
    /// How a process came to hold a run.
    enum Beginning: String, CaseIterable, Sendable {
        case first
        case takenOver = "taken-over"
    }

    /// How a process ceased to hold it, where that is no ending of its passage.
    enum Parting: String, CaseIterable, Sendable {
        case handedOver = "handed-over"
        case lost
    }

    private let metrics: Metrics
    private let held: Metrics.Family
    private let slots: Metrics.Family
    private let begun: Metrics.Family
    private let ended: Metrics.Family
    private let duration: Metrics.Family

    init(_ metrics: Metrics, _ commands: [CommandName], _ slots: RunSlots) {
        self.metrics = metrics
        held = metrics.register(.gauge, "ruche_runs", "Long commands that this process runs.", labels: ["command"])
        self.slots = metrics.register(.gauge, "ruche_run_slots", "Long commands that it may run at a time.")
        begun = metrics.register(
            .counter, "ruche_runs_begun_total", "Long commands that were claimed, at first or from another holder.",
            labels: ["command", "how"])
        ended = metrics.register(
            .counter, "ruche_runs_ended_total",
            "Long commands that left this process: how their passage ended, handed-over, or lost.",
            labels: ["command", "end"])
        duration = metrics.register(
            .histogram, "ruche_run_duration_seconds", "From a claim to the end of the run in this process.",
            labels: ["command"], buckets: Metrics.waits)
        for command in commands.map(\.rawValue) {
            for how in Beginning.allCases { metrics.begin(begun, [command, how.rawValue]) }
            for kind in EventKind.allCases where kind != .progressed { metrics.begin(ended, [command, kind.rawValue]) }
            for parting in Parting.allCases { metrics.begin(ended, [command, parting.rawValue]) }
            metrics.begin(duration, [command])
        }
        metrics.set(Double(slots.limit), of: self.slots)
        metrics.onScrape { [metrics, held, slots] in
            var counts = Dictionary(commands.map { ($0, 0) }, uniquingKeysWith: +)
            for run in slots.held { counts[run.begun.handler.name, default: 0] += 1 }
            for (command, count) in counts { metrics.set(Double(count), of: held, [command.rawValue]) }
        }
    }

    func begun(_ begun: Begun) {
        let how = begun.claim.isTakeover ? Beginning.takenOver : .first
        metrics.add(to: self.begun, [begun.handler.name.rawValue, how.rawValue])
    }

    func ended(_ begun: Begun, _ end: String) {
        let command = begun.handler.name.rawValue
        metrics.add(to: ended, [command, end])
        metrics.observe((Monotonic.now - begun.since).seconds, in: duration, [command])
    }
}

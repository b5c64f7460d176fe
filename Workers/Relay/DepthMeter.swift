import Contracts
import Depth
import Runtime

/// The depth of the queues as gauges. Several relays show the same.
struct DepthMeter: Sendable {
    private let metrics: Metrics
    private let messages: Metrics.Family
    private let runs: Metrics.Family
    private let consumers: Metrics.Family
    private let paused: Metrics.Family
    private let age: Metrics.Family
    private let drain: Metrics.Family
    private let admitted: Metrics.Family
    private let finished: Metrics.Family
    private let scheduled: Metrics.Family
    private let dead: Metrics.Family
    private let letters: Metrics.Family
    private let strays: Metrics.Family
    private let looked: Metrics.Family

    init(_ metrics: Metrics) {
        func gauge(_ name: String, _ help: String, _ labels: [String] = ["command"]) -> Metrics.Family {
            metrics.register(.gauge, name, help, labels: labels)
        }
        self.metrics = metrics
        messages = gauge(
            "ruche_queue_messages", "Messages of a command's queue: ready, or in the hands of workers.",
            ["command", "state"])
        runs = gauge(
            "ruche_queue_runs", "Long commands behind their messages: queued, or running.", ["command", "state"])
        consumers = gauge("ruche_queue_consumers", "Workers that take from a command's queue.")
        paused = gauge("ruche_queue_paused", "1 while an operator holds the command back.")
        age = gauge("ruche_queue_oldest_age_seconds", "How old the oldest message is at most; 0 when there is none.")
        drain = gauge(
            "ruche_queue_drain_seconds", "How long the backlog takes at the rate of the last minute; +Inf for never.")
        admitted = gauge("ruche_queue_admitted_per_second", "Commands admitted for the first time, over a minute.")
        finished = gauge("ruche_queue_finished_per_second", "Commands that got their outcome, over a minute.")
        scheduled = gauge("ruche_scheduled_commands", "Commands that come later; counted up to a million each.")
        dead = gauge("ruche_dead_jobs", "Dead jobs that nobody has dealt with; counted up to a million each.")
        letters = gauge("ruche_dead_letter_messages", "Messages in the queue of dead letters.", [])
        strays = gauge("ruche_stray_rows", "Dead letters without a trace of where they came from.", [])
        looked = gauge("ruche_depth_look_timestamp_seconds", "When the depth was last looked at, since the epoch.", [])
    }

    /// Every gauge.
    private var all: [Metrics.Family] {
        [
            messages, runs, consumers, paused, age, drain, admitted, finished, scheduled, dead, letters, strays, looked,
        ]
    }

    func show(_ cluster: ClusterDepth) {
        let queues = cluster.queues
        metrics.replace(
            messages,
            with: queues.flatMap { queue in
                [("ready", queue.ready), ("unacked", queue.unacked)].compactMap { state, count in
                    count.map { ([queue.command.rawValue, state], Double($0)) }
                }
            })
        metrics.replace(
            runs,
            with: queues.flatMap { queue in
                [("queued", queue.queued), ("running", queue.running)].map { state, count in
                    ([queue.command.rawValue, state], Double(count))
                }
            })
        show(queues, in: consumers) { $0.consumers.map { Double($0) } }
        show(queues, in: paused) { $0.isPaused ? 1 : 0 }
        show(queues, in: age) { $0.oldestAge?.seconds }
        // Of a queue that nobody has seen nothing is known.
        show(queues, in: drain) { $0.ready == nil ? nil : $0.timeToDrain?.seconds ?? .infinity }
        show(queues, in: admitted) { $0.admittedPerSecond }
        show(queues, in: finished) { $0.finishedPerSecond }
        show(queues, in: scheduled) { Double($0.scheduled) }
        show(queues, in: dead) { Double($0.dead) }
        metrics.replace(letters, with: cluster.deadLetters.map { [([], Double($0))] } ?? [])
        metrics.replace(strays, with: [([], Double(cluster.strays))])
        metrics.replace(looked, with: [([], Double(cluster.time.microseconds) / 1e6)])
    }

    func forget() { for family in all { metrics.replace(family, with: []) } }

    private func show(_ queues: [QueueDepth], in family: Metrics.Family, _ value: (QueueDepth) -> Double?) {
        metrics.replace(
            family, with: queues.compactMap { queue in value(queue).map { ([queue.command.rawValue], $0) } })
    }
}

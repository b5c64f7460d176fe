import Contracts
import Depth
import Runtime

/// The cluster at one moment: each queue, and what waits in the database.
struct TopSnapshot {
    static let columns = [
        "queue", "ready", "unacked", "running", "consumers", "perSecond", "waitMs", "finishedPerSecond",
        "oldestSeconds", "drainSeconds", "scheduled", "dead", "state",
    ]

    let time: Timestamp
    /// A row a queue, under ``columns``.
    let queues: [[Cell]]
    /// What is true of the cluster as a whole.
    let facts: [(String, Cell)]

    init(_ cluster: ClusterDepth, at time: Timestamp = .now) {
        self.time = time
        queues = cluster.queues.map { queue in
            [
                .text(queue.command.rawValue), .count(queue.ready), .count(queue.unacked), .number(queue.running),
                .count(queue.consumers), .rate(queue.admittedPerSecond),
                .count(queue.wait.map { Int($0.milliseconds) }), .rate(queue.finishedPerSecond),
                .count(queue.oldestAge?.wholeSeconds), .count(queue.timeToDrain?.wholeSeconds),
                .number(queue.scheduled), .number(queue.dead), .text(Verb.state(queue)),
            ]
        }
        facts = [
            ("outbox", .number(cluster.outbox)),
            ("outboxOverdueSince", cluster.outboxOverdueSince.map { .time($0) } ?? .none),
            ("schedule", .number(cluster.scheduled)), ("scheduleOverdue", .number(cluster.scheduleOverdue)),
            ("dead", .number(cluster.dead)), ("deadLetters", .count(cluster.deadLetters)),
        ]
    }

    /// The facts on one line, for people.
    var summary: String {
        "ruche top  " + time.rfc3339 + "  "
            + facts.compactMap { name, cell in
                if case .none = cell { return nil }
                return "\(name) \(cell.shown(relativeTo: time))"
            }
            .joined(separator: "  ")
    }
}

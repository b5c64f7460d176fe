import AMQP
import Contracts

extension LedgerDepth {
    /// One queue: what the ledger knows of it, and what the broker said, if it was asked.
    func depth(
        of command: CommandName, ready: Int? = nil, unacked: Int? = nil, consumers: Int? = nil,
        oldestAge: Duration? = nil
    ) -> QueueDepth {
        let name = command.rawValue
        let recent = recent[name] ?? Recent()
        return QueueDepth(
            command: command, ready: ready, unacked: unacked, consumers: consumers,
            queued: runs[name]?.queued ?? 0, running: runs[name]?.running ?? 0, isPaused: paused.contains(name),
            scheduled: scheduled[name] ?? 0, dead: dead[name] ?? 0, admittedPerSecond: Double(recent.admitted) / 60,
            finishedPerSecond: Double(recent.finished) / 60, wait: recent.wait, oldestAge: oldestAge)
    }

    /// The whole.
    func cluster(
        _ queues: [QueueDepth], letters: QueueInfo?, took: Duration, _ managementError: DepthError?
    ) -> ClusterDepth {
        ClusterDepth(
            time: time, queues: queues, outbox: outbox, outboxAge: outboxAge, outboxOverdueSince: outboxOverdueSince,
            scheduled: scheduled.values.reduce(0, +), scheduleDue: due, scheduleOverdue: overdue, scheduleLag: lag,
            dead: dead.values.reduce(0, +), deadLetters: letters?.messages, deadLetterConsumers: letters?.consumers,
            strays: strays, took: took, managementError: managementError)
    }
}

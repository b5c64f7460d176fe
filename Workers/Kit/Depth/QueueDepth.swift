package import Contracts

/// How much one command's queue holds, at one moment.
///
/// What only the broker can say is `nil` when it was not asked; what only its management API can say is `nil` when
/// there is none. Rates and waits are those of the last minute, from the ledger: they hold for all workers together,
/// and for those that have ended since.
package struct QueueDepth: Sendable {
    /// Whose queue it is.
    package let command: CommandName
    /// Messages that no worker has; `nil`: the queue is missing, or the broker was not asked.
    package let ready: Int?
    /// Messages that workers have and have not settled; `nil` without a management API. Counted by the broker every few
    /// seconds.
    package let unacked: Int?
    /// Workers that take from it; `nil` like ``ready``. Whose slots for long commands are all taken does not.
    package let consumers: Int?
    /// Long commands that wait for a slot behind their message: handed over, or taken from a silent holder.
    package let queued: Int
    /// Long commands that workers have, behind their messages.
    package let running: Int
    /// Whether an operator holds it back.
    package let isPaused: Bool
    /// Commands that come to it later: retries, deadlines, ticks. Counted up to ``DepthReader/countLimit``.
    package let scheduled: Int
    /// Dead jobs that nobody has dealt with yet. Counted up to ``DepthReader/countLimit``.
    package let dead: Int
    /// Commands that were admitted for the first time.
    package let admittedPerSecond: Double
    /// Commands that got their outcome, whatever it is.
    package let finishedPerSecond: Double
    /// How long nine of ten waited at most, from being sent to being admitted; `nil` when none was admitted.
    package let wait: Duration?
    /// The age of the oldest message is at most this: nothing is older than what was admitted last, nor than the time
    /// when the queue was last seen empty. Where neither is known, the time since the first look, which is less than
    /// its age; `nil` on that look, and when the broker was not asked. Zero when the queue is empty.
    ///
    /// Without a management API a queue counts as empty while all its messages are in the hands of workers.
    package let oldestAge: Duration?

    /// What has to be done: ``ready``, ``unacked``, ``queued`` and ``running`` together, 0 for what is not known. What
    /// is queued has a wake-up, which is ready or about to be, and is counted once.
    package var backlog: Int { max(ready ?? 0, queued) + (unacked ?? 0) + running }

    /// How long it takes until the queue is empty, when nothing comes in and as much is done as in the last minute.
    /// Zero when it is empty; `nil`: never, for there is a backlog and nothing was finished.
    package var timeToDrain: Duration? {
        if backlog == 0 { return .zero }
        return finishedPerSecond > 0 ? .seconds(Double(backlog) / finishedPerSecond) : nil
    }

    package init(
        command: CommandName, ready: Int? = nil, unacked: Int? = nil, consumers: Int? = nil, queued: Int = 0,
        running: Int = 0, isPaused: Bool = false, scheduled: Int = 0, dead: Int = 0, admittedPerSecond: Double = 0,
        finishedPerSecond: Double = 0, wait: Duration? = nil, oldestAge: Duration? = nil
    ) {
        self.command = command
        self.ready = ready
        self.unacked = unacked
        self.consumers = consumers
        self.queued = queued
        self.running = running
        self.isPaused = isPaused
        self.scheduled = scheduled
        self.dead = dead
        self.admittedPerSecond = admittedPerSecond
        self.finishedPerSecond = finishedPerSecond
        self.wait = wait
        self.oldestAge = oldestAge
    }
}

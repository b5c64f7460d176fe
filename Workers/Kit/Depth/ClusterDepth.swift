package import Contracts

/// How much waits in the whole cluster, at one moment. Counts stop at ``DepthReader/countLimit``.
package struct ClusterDepth: Sendable {
    /// The database's clock.
    package let time: Timestamp
    /// A row a command, in the order in which the reader was given them.
    package let queues: [QueueDepth]
    /// Batches of events that wait for the broker's confirm.
    package let outbox: Int
    /// The age of the oldest event of them; zero when there is none.
    package let outboxAge: Duration
    /// Since when a batch waits for a relay; `nil` when none does.
    package let outboxOverdueSince: Timestamp?
    /// Everything that is scheduled, of commands that this edition does not know as well.
    package let scheduled: Int
    /// Scheduled commands whose time has come.
    package let scheduleDue: Int
    /// Those of them whose time came more than five seconds ago.
    package let scheduleOverdue: Int
    /// How late the earliest of them is; zero when none is due.
    package let scheduleLag: Duration
    /// Dead jobs of the commands that nobody has dealt with yet.
    package let dead: Int
    /// Messages in the queue of dead letters, which the relay empties; `nil` when it is missing, or the broker was not
    /// asked.
    package let deadLetters: Int?
    /// Relays that take from it; `nil` likewise.
    package let deadLetterConsumers: Int?
    /// Dead letters without a trace of where they came from, kept for a person.
    package let strays: Int
    /// How long the ledger was read: what ``DepthReader/rest(after:wish:)`` goes by.
    package let took: Duration
    /// Why the management API did not answer, when there is one.
    package let managementError: DepthError?
}

/// How much a worker takes at once, how long a command may run, how often it is tried.
package struct WorkOptions<Input: Sendable>: Sendable {
    /// Most commands in one transaction. A worker takes what is there and never waits for company.
    package var batchSize = 500
    /// Longest time a batch may run before its statement is cancelled; the attempt counts, with reason `timed-out`.
    package var timeout: Duration = .seconds(30)
    /// How often a transient error is tried, and how far apart.
    package var retry = RetryPolicy()
    /// At most so many transactions at once work on commands with the same key, across all processes.
    package var cap: Cap<Input>?
    /// Whether the payload is kept (sealed) with a job that succeeded. One that did not succeed always keeps it.
    package var keepsPayload = true
    /// The metrics of its own that the worker counts with its transactions.
    package var counters: [Counter] = []

    package init() {}

    package init(_ change: (inout WorkOptions) -> Void) {
        self.init()
        change(&self)
    }
}

/// A limit on how many transactions at once may work on the same key.
///
/// Slots are advisory locks of the transaction, so a killed worker cannot leak one. A command that finds no free slot
/// waits in the schedule, uncounted.
package struct Cap<Input: Sendable>: Sendable {
    /// How many.
    package let limit: Int
    /// What is counted.
    package let key: @Sendable (Input) -> String

    package init(_ limit: Int, by key: @escaping @Sendable (Input) -> String) {
        precondition(limit > 0)
        self.limit = limit
        self.key = key
    }
}

package import Contracts

/// An effect outside PostgreSQL that takes minutes: a playbook, an image, a virtual machine.
///
/// **Guarantee.** The command is claimed in one transaction and its message acknowledged, so that no time limit of the
/// broker can hit it; from then on its row in `run` is the job. One process at a time holds it, and what a process
/// writes that lost it is refused: whatever goes through ``Run`` carries a fence. It ends in one transaction that holds
/// the closing effect, the outcome and its event, and releases its targets. When its holder is killed, frozen or cut
/// off, another takes it over from the last checkpoint, a lease after the last sign of life.
///
/// **Cost.** Steps outside the database are at least once: `handle` is called again with the last checkpoint, and must
/// find out what of the step after it was done. A claim, a step of progress and a checkpoint take a transaction each.
///
/// The handler runs on the cooperative pool: it blocks no thread, and leaves what blocks to child processes.
package protocol LongWorker: Sendable {
    /// The command this worker serves.
    associatedtype Input: Command

    /// How long and how often. The defaults suit most.
    static var options: LongOptions { get }

    /// Does the work from ``Run/checkpoint(as:)`` on, and says how it closes.
    ///
    /// - Throws: a ``Rejection``; what the methods of `run` throw is one already, and is let pass as soon as what must
    ///   be undone is undone.
    func handle(_ command: Input, in run: Run) async throws(Rejection) -> Closing<Input.Completion>

    /// Returns when nothing of an earlier holder is at work on the targets any more. Called before ``handle(_:in:)``
    /// when somebody else, or an earlier passage, has had the run; what the command had locked is locked still.
    ///
    /// - Throws: as ``handle(_:in:)``, which is then not called.
    func quiet(_ command: Input, in run: Run) async throws(Rejection)
}

extension LongWorker {
    package static var options: LongOptions { LongOptions() }
    package func quiet(_ command: Input, in run: Run) async throws(Rejection) {}
}

/// How long a long command may take, and how often it is tried.
package struct LongOptions: Sendable {
    /// Longest time one holder may take before the handler is cancelled; the attempt counts, with reason `timed-out`.
    package var timeout: Duration = .seconds(3600)
    /// How often a transient error is tried, and how far apart.
    package var retry = RetryPolicy()
    /// The metrics of its own that the worker counts with its transactions.
    package var counters: [Counter] = []

    package init() {}

    package init(_ change: (inout LongOptions) -> Void) {
        self.init()
        change(&self)
    }
}

/// How a long command closes: what it writes to the database in the transaction of its outcome, and its completion.
package struct Closing<Completion: Sendable>: Sendable {
    let effect: @Sendable (borrowing Transaction) throws(Rejection) -> Completion

    /// Writes nothing more.
    package init(_ completion: Completion) { effect = { (_: borrowing Transaction) in completion } }

    /// Writes in the transaction of the outcome, and returns what is announced. Called again after a lost connection or
    /// a deadlock: no effect outside the transaction.
    package init(_ effect: @escaping @Sendable (borrowing Transaction) throws(Rejection) -> Completion) {
        self.effect = effect
    }
}

/// The part of a ``Handler`` that a long worker has beside what all have: its types erased.
struct LongPart: Sendable {
    let timeout: Duration
    /// Runs an admitted command; the completion comes as JSON.
    let run: @Sendable (Admitted, Run) async throws(Rejection) -> Closing<[UInt8]>

    init<W: LongWorker>(_ worker: W) {
        timeout = W.options.timeout
        run = { job, run async throws(Rejection) in
            let command = try job.decode(W.Input.self)
            if run.isTakeover { try await worker.quiet(command, in: run) }
            let closing = try await worker.handle(command, in: run)
            return Closing { (tx: borrowing Transaction) throws(Rejection) in try closing.effect(tx).json() }
        }
    }
}

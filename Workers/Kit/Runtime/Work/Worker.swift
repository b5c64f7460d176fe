package import Contracts

/// An effect inside PostgreSQL, one command at a time.
///
/// **Guarantee.** What `handle` writes through `tx` commits together with the command's admission, its outcome and
/// its completion event, or not at all. The event is the return value, so it cannot be forgotten; acknowledging and
/// retrying are not the handler's business.
///
/// **Cost.** Many commands share one transaction, optimistically and without savepoints: after an error, or a refusal
/// that wrote, the transaction is rolled back and its commands run again one by one. `handle` must therefore be
/// re-runnable: no effect outside `tx`, no state of its own.
///
/// The handler is synchronous. It runs on the thread that owns the database connection, so no statement of another
/// transaction can slip in between two of its own.
package protocol Worker: Sendable {
    /// The command this worker serves.
    associatedtype Input: Command

    /// How much, how long and how often. The defaults suit most.
    static var options: WorkOptions<Input> { get }

    /// Does the work and returns what is announced.
    ///
    /// - Throws: a ``Rejection``; what the transaction's own methods throw is one already.
    func handle(_ command: Input, in tx: borrowing Transaction) throws(Rejection) -> Input.Completion
}

/// The same, where set-based SQL is many times faster than a statement a command.
///
/// **Guarantee.** As ``Worker``; in addition every input must get exactly one ending. A different number of endings is
/// an error of the handler, and nothing commits.
///
/// **Cost.** A batch that throws is rolled back and split in two until the command that fails stands alone.
/// Ids within a batch are distinct and sorted, so two workers take their row locks in the same order.
package protocol BatchWorker: Sendable {
    /// The command this worker serves.
    associatedtype Input: Command

    /// How much, how long and how often. The defaults suit most.
    static var options: WorkOptions<Input> { get }

    /// Does the work of all `jobs`, and says how each ended, in the same order.
    func handle(_ jobs: [Job<Input>], in tx: borrowing Transaction) throws(Rejection) -> [JobEnding<Input.Completion>]

    /// Returns when what ``Rejection/away(_:_:pause:)`` was thrown for is there again. Asked while nothing is held:
    /// deliveries that waited too long have been handed back, and no new ones are taken before it returns.
    ///
    /// - Throws: ``Rejection/away(_:_:pause:)`` while it is not.
    func probe() throws(Rejection)
}

extension Worker {
    package static var options: WorkOptions<Input> { WorkOptions() }
}

extension BatchWorker {
    package static var options: WorkOptions<Input> { WorkOptions() }
    package func probe() throws(Rejection) {}
}

/// How one input of a batch ended.
package typealias JobEnding<Completion> = Result<Completion, Rejection>

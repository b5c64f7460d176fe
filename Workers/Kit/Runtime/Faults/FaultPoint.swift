#if FAULTS
/// The arrows of the flow at which a test can make a process fail, in their order.
package enum FaultPoint: String, CaseIterable, Sendable {
    /// `ruche enqueue` hands commands to the broker.
    case publish
    /// The broker's confirms reach `ruche enqueue` and its journal.
    case confirm
    /// The loop takes what was delivered.
    case deliver
    /// A delivery is read.
    case decode
    /// The ledger is asked what may run.
    case admit
    /// The handler runs.
    case effect
    /// The transaction is committed.
    case commit
    /// The delivery is acknowledged.
    case ack
    /// An event is handed to the broker, by its worker or by the relay.
    case eventPublish = "event-publish"
    /// The broker's confirm of an event is heard.
    case eventConfirm = "event-confirm"
    /// The outbox forgets what is confirmed.
    case mark
    /// The run of a long command goes on behind the transaction that claimed it.
    case runBegin = "run-begin"
    /// A run ends: closing effect, outcome and event are committed.
    case runEnd = "run-end"
    /// The relay takes a run from a holder that gives no sign of life.
    case runRescue = "run-rescue"
    /// The relay publishes what is due of the schedule.
    case scheduleMove = "schedule-move"
    /// The relay returns a dead letter to its queue.
    case deadLetterMove = "dead-letter-move"
    /// No arrow: the thread of the consumer's connection.
    case consumerThread = "consumer-thread"
    /// No arrow: the thread of the events' connection.
    case publisherThread = "publisher-thread"
}
#endif

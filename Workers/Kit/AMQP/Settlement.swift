/// What the broker shall do with a delivery.
public enum Settlement: UInt8, Hashable, Sendable {
    /// Done: the queue forgets it.
    case acknowledge
    /// Back to the queue, near its old place. Quorum queues count it as a delivery.
    case requeue
    /// Refused without requeue: dead-lettered when the queue has a dead-letter exchange, dropped otherwise.
    case discard
}

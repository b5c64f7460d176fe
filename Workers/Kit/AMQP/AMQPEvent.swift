/// What a consumer or a publisher tells its owner, on the thread its connection lives on: return quickly.
public enum AMQPEvent: Sendable {
    /// Logged in.
    case connected(Broker)
    /// An attempt failed or the connection ended; another attempt follows with backoff.
    case disconnected(AMQPError)
    /// The broker takes no more publishes on this connection (memory or disk alarm).
    case blocked(reason: String)
    /// The alarm is over.
    case unblocked
    /// The queue is being consumed.
    case consuming(queue: String)
    /// The broker ended the consumer of this queue (deleted, moved or failed over); it is consumed again with backoff.
    case consumerCancelled(queue: String)
    /// The broker closed a channel: the consumer's channel of that queue (not there, refused, timed out), or the
    /// publisher's, with `queue` nil. It is opened again with backoff.
    case channelClosed(queue: String?, AMQPError)
    /// The publisher's channel was changed for a new one, because messages were refused on it.
    case channelRenewed
    /// A batch was dropped without being settled; its deliveries were handed back. A defect of the caller.
    case unsettledBatch(count: Int)
    /// Settlements came after their channel or connection had ended and were dropped; the broker delivers again.
    case staleSettlements(count: Int)
    /// The connection's thread hung inside one call; its socket was shut down to free it.
    case stuck
}

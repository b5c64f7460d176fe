/// Tells when the broker leaves the oldest unconfirmed message unanswered for too long. Pure.
///
/// Nothing in AMQP promises that a confirm comes: a channel of RabbitMQ 3.10 that publishes first to a queue without a
/// leader stands still for 65 s, and what is lost inside the broker would be waited for as long as the connection
/// lives. Each time in a row the patience doubles, up to eight times what it was: a queue without a majority of its
/// nodes answers late, and gains nothing by being sent everything again and again.
package struct ConfirmPatience: Sendable {
    private let limit: Duration
    private var factor = 1
    private var oldest: UInt64?
    private var since: Duration = .zero

    /// - Parameter limit: how long the oldest may be unanswered at first.
    package init(limit: Duration) { self.limit = limit }

    /// A new channel: its sequence numbers begin anew, and so does the wait.
    package mutating func begin() { oldest = nil }

    /// Whether it is over.
    ///
    /// - Parameters:
    ///   - oldest: the sequence number of the oldest message that is neither confirmed nor refused; `nil` without any,
    ///     and while the broker has blocked the connection.
    package mutating func isOver(oldest: UInt64?, at now: Duration) -> Bool {
        guard let oldest, oldest == self.oldest else {
            // Not the first of a channel: one before it was answered.
            if self.oldest != nil { factor = 1 }
            (self.oldest, since) = (oldest, now)
            return false
        }
        guard now - since >= limit * factor else { return false }
        factor = min(factor * 2, 8)
        self.oldest = nil
        return true
    }
}

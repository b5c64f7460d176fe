/// Decides when a channel whose messages are refused is changed for a new one. Pure.
///
/// A refusal need not be the queue's: RabbitMQ 3.10 decides where a channel's messages for a quorum queue go when the
/// first is published. If that is a node that has just died, everything for that queue is refused on this channel for
/// as long as the node is down (`rabbit_fifo_client:enqueue/3`: `{badrpc, nodedown}`), though another node leads the
/// queue by then and takes it on any other channel. To a queue that is full a new channel is no loss: nothing is in
/// flight when it is changed, unless the broker is slow to answer.
package struct ChannelRenewal: Sendable {
    /// What to do now.
    package enum Step: Equatable, Sendable {
        /// Go on.
        case none
        /// Send nothing more: the channel is changed when everything that was sent is answered.
        case drain
        /// Everything is answered: change it.
        case renew
        /// The answers are too long in coming: give the connection up.
        case abandon
    }

    /// How long a drain may take.
    private static let drainLimit = Duration.seconds(5)
    /// The channel is left alone at least so long.
    private static let longest = Duration.seconds(240)

    private let patience: Duration
    private var pause: Duration
    private var openedAt: Duration = .zero
    private var lastRefusal: Duration?
    private var isRefused = false
    private var drainsSince: Duration?

    /// - Parameter patience: how old a channel is at least when it is changed, at first; each time in a row it doubles,
    ///   up to four minutes.
    package init(patience: Duration) { (self.patience, pause) = (patience, patience) }

    /// A channel was opened.
    package mutating func opened(at now: Duration) { (openedAt, isRefused, drainsSince) = (now, false, nil) }

    /// The broker refused a message.
    package mutating func refused(at now: Duration) {
        if let lastRefusal, now - lastRefusal > Self.longest { pause = patience }
        (isRefused, lastRefusal) = (true, now)
    }

    /// What to do, with so many messages unanswered.
    package mutating func step(unconfirmed: Int, at now: Duration) -> Step {
        guard isRefused, now - openedAt >= pause else { return .none }
        let start = drainsSince ?? now
        drainsSince = start
        guard unconfirmed == 0 || now - start >= Self.drainLimit else { return .drain }
        pause = min(pause * 2, max(patience, Self.longest))
        return unconfirmed == 0 ? .renew : .abandon
    }
}

/// The life of one queue's consumer on its own channel: decides what to send next.
///
/// Every queue has a channel of its own. An error on it (the queue is not there) ends that channel and no other, and
/// its delivery tags are those of one queue, so that a batch is settled with one frame.
package struct Subscription: Sendable {
    /// A frame to send.
    package enum Action: Equatable, Sendable {
        /// Open the channel with a new epoch, set the prefetch and consume.
        case open
        /// Consume on the open channel.
        case consume
        /// `basic.cancel`.
        case cancel
        /// `channel.close`.
        case close
    }

    private enum State: Equatable { case closed, idle, starting, consuming, cancelling, severed, closing }

    private var state = State.closed
    private var notBefore: Duration = .zero
    private var backoff = Backoff()
    /// How often a consumer that gets nothing is doubted yet: set by the broker's cancel, until a delivery shows that
    /// the new consumer is alive.
    private var doubts = 0
    /// Whether this consumer has shown that it is alive since it was looked at last.
    private var hasDelivered = false
    /// When a consumer that has shown nothing is started once more.
    private var renewAt: Duration = .zero
    /// How long a consumer may be idle before it is started anew.
    private let patience: Duration

    /// How long a deleted queue is left alone: it takes the broker a moment to be rid of it.
    private static let mourning = Duration.milliseconds(500)
    /// How often, and how long at first, a consumer that may belong to the deleted queue waits for its first delivery.
    private static let (doubts, doubt) = (3, Duration.seconds(1))

    /// Whether the queue shall be consumed.
    package var wanted = true

    /// Nothing is open yet.
    ///
    /// - Parameter patience: how long a consumer may be idle before it is started anew, on another channel: the broker
    ///   may have forgotten it without a word, and nothing in AMQP would tell.
    package init(patience: Duration = .seconds(60)) { self.patience = patience }

    /// Whether the broker delivers from the queue.
    package var isConsuming: Bool { state == .consuming }

    /// Whether nothing more can be delivered: no consumer, and none being started or ended.
    package var isQuiet: Bool { [.closed, .idle, .severed, .closing].contains(state) }

    /// Whether the channel is open, so that deliveries of it can be settled.
    package var isOpen: Bool { state != .closed && state != .closing }

    /// When `step` has something to do without any event; `nil` when only an event can change something.
    package var due: Duration? {
        guard wanted else { return nil }
        switch state {
        case .closed, .idle, .severed: return notBefore
        case .consuming: return renewAt
        case .starting, .cancelling, .closing: return nil
        }
    }

    /// What to do at `now`.
    ///
    /// - Parameter isIdle: whether everything that was delivered on the channel is settled, so that closing it hands
    ///   nothing out again.
    package mutating func step(now: Duration, isIdle: Bool = true) -> Action? {
        switch state {
        case .closed where wanted && now >= notBefore:
            state = .starting
            return .open
        case .idle where wanted && now >= notBefore:
            state = .starting
            return .consume
        case .consuming where !wanted:
            state = .cancelling
            return .cancel
        case .severed where wanted:
            state = .closing
            return .close
        case .consuming where now >= renewAt:
            if hasDelivered || !isIdle {
                (hasDelivered, renewAt) = (false, now + patience)
                return nil
            }
            (state, doubts) = (.closing, max(doubts - 1, 0))
            return .close
        default: return nil
        }
    }

    /// `basic.consume-ok` came.
    package mutating func started(now: Duration) {
        state = .consuming
        backoff.succeeded()
        hasDelivered = false
        renewAt = now + (doubts > 0 ? Self.doubt * (1 << (Self.doubts - doubts)) : patience)
    }

    /// A delivery came: this consumer is alive.
    package mutating func delivered() { (doubts, hasDelivered) = (0, true) }

    /// `basic.cancel-ok` came.
    package mutating func cancelled() { if state == .cancelling { state = .idle } }

    /// The broker cancelled the consumer: its queue is gone. The channel is given up with it.
    ///
    /// Seen with RabbitMQ 3.10 when a quorum queue is deleted and declared anew within milliseconds. The channel keeps
    /// a memory of the old queue: a consumer on it is answered with `consume-ok`, is counted, and never gets a
    /// message; cancelling and consuming again does not help, a new channel does. And for a moment the name still
    /// leads to the queue that is going, on any channel; so the next consumers are in doubt until they get something.
    package mutating func cancelledByBroker() {
        // A channel that is being closed anyway is not closed twice: that would cost the connection (504).
        guard state != .closed, state != .closing else { return }
        state = .severed
        notBefore = .zero
        doubts = Self.doubts
    }

    /// `channel.close-ok` came: the channel that was given up is gone.
    package mutating func closed(now: Duration, random: Double) {
        guard state == .closing else { return }
        channelClosed(now: now, random: random)
        if doubts == Self.doubts { notBefore += Self.mourning }
    }

    /// The broker closed the channel. Opened again after a backoff.
    package mutating func channelClosed(now: Duration, random: Double) {
        state = .closed
        notBefore = now + backoff.failed(random: random)
    }

    /// The connection ended: everything begins again on the next one.
    package mutating func connectionLost() {
        state = .closed
        notBefore = .zero
        doubts = 0
    }
}

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
    /// Set by the broker's cancel until a delivery shows that the new consumer is alive.
    private var isDoubtful = false
    /// When a consumer that has shown nothing is started once more.
    private var renewAt: Duration?

    /// How long a deleted queue is left alone: it takes the broker a moment to be rid of it.
    private static let mourning = Duration.milliseconds(500)
    /// How long a consumer that may belong to the deleted queue waits for its first delivery.
    private static let doubt = Duration.seconds(5)

    /// Whether the queue shall be consumed.
    package var wanted = true

    package init() {}

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
    package mutating func step(now: Duration) -> Action? {
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
        case .consuming where renewAt.map { now >= $0 } ?? false:
            (state, renewAt, isDoubtful) = (.closing, nil, false)
            return .close
        default: return nil
        }
    }

    /// `basic.consume-ok` came.
    package mutating func started(now: Duration) {
        state = .consuming
        backoff.succeeded()
        renewAt = isDoubtful ? now + Self.doubt : nil
    }

    /// A delivery came: this consumer is alive.
    package mutating func delivered() { (isDoubtful, renewAt) = (false, nil) }

    /// `basic.cancel-ok` came.
    package mutating func cancelled() { if state == .cancelling { state = .idle } }

    /// The broker cancelled the consumer: its queue is gone. The channel is given up with it.
    ///
    /// Seen with RabbitMQ 3.10 when a quorum queue is deleted and declared anew within milliseconds. The channel keeps
    /// a memory of the old queue: a consumer on it is answered with `consume-ok`, is counted, and never gets a
    /// message; cancelling and consuming again does not help, a new channel does. And for a moment the name still
    /// leads to the queue that is going, on any channel; so the first consumer is in doubt until it gets something.
    package mutating func cancelledByBroker() {
        state = .severed
        notBefore = .zero
        isDoubtful = true
    }

    /// `channel.close-ok` came: the channel that was given up is gone.
    package mutating func closed(now: Duration, random: Double) {
        guard state == .closing else { return }
        channelClosed(now: now, random: random)
        if isDoubtful { notBefore += Self.mourning }
    }

    /// The broker closed the channel. Opened again after a backoff.
    package mutating func channelClosed(now: Duration, random: Double) {
        state = .closed
        renewAt = nil
        notBefore = now + backoff.failed(random: random)
    }

    /// The connection ended: everything begins again on the next one.
    package mutating func connectionLost() {
        state = .closed
        notBefore = .zero
        (isDoubtful, renewAt) = (false, nil)
    }
}

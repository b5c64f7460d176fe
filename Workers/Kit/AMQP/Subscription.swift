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
    }

    private enum State: Equatable { case closed, idle, starting, consuming, cancelling }

    private var state = State.closed
    private var notBefore: Duration = .zero
    private var backoff = Backoff()

    /// Whether the queue shall be consumed.
    package var wanted = true

    package init() {}

    /// Whether the broker delivers from the queue.
    package var isConsuming: Bool { state == .consuming }

    /// Whether nothing more can be delivered: no consumer, and none being started or ended.
    package var isQuiet: Bool { state == .closed || state == .idle }

    /// Whether the channel is open, so that deliveries of it can be settled.
    package var isOpen: Bool { state != .closed }

    /// When `step` has something to do without any event; `nil` when only an event can change something.
    package var due: Duration? { wanted && isQuiet ? notBefore : nil }

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
        default: return nil
        }
    }

    /// `basic.consume-ok` came.
    package mutating func started() {
        state = .consuming
        backoff.succeeded()
    }

    /// `basic.cancel-ok` came.
    package mutating func cancelled() { if state == .cancelling { state = .idle } }

    /// The broker cancelled the consumer; the channel lives. Consumed again after a backoff.
    package mutating func cancelledByBroker(now: Duration, random: Double) {
        state = .idle
        notBefore = now + backoff.failed(random: random)
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
    }
}

import Glibc

/// Publishes with confirms over a connection of its own that lives on a thread of its own.
///
/// Every accepted message is reported exactly once. At most `window` messages are unconfirmed at a time; the rest waits
/// inside, without a limit: look at `backlog` before publishing more. Cost: one lock a batch of messages or reports,
/// two to three microseconds of CPU a message.
///
/// When the broker closes the channel because of one message (its exchange does not exist, it is too large), the
/// unconfirmed ones are sent again one at a time, and the culprit alone is reported as returned.
public final class Publisher: Sendable {
    /// What happens to messages while there is no connection or the broker has blocked it.
    public enum WhenUnavailable: Sendable {
        /// They wait, and what was not confirmed is published again: at least once.
        case hold
        /// They are reported `.unknown` at once: their owner keeps them elsewhere and comes again.
        case giveUp
    }

    /// How long it puts up with a broker whose connection lives.
    public struct Patience: Sendable {
        /// How long the oldest message may be unanswered while the broker has not blocked the connection. Then the
        /// connection is given up as a lost one is, and what was not confirmed is published again or reported, see
        /// ``WhenUnavailable``; each time in a row it doubles, up to eight times.
        public var confirm: Duration
        /// How old a channel on which messages are refused is at least when it is changed for a new one; each time in a
        /// row it doubles, up to four minutes. Refused messages are reported as such all the same.
        public var refusal: Duration

        /// As given.
        public init(confirm: Duration = .seconds(30), refusal: Duration = .seconds(5)) {
            (self.confirm, self.refusal) = (confirm, refusal)
        }
    }

    let core: PublisherCore

    /// A publisher; nothing happens before `start`.
    ///
    /// - Parameters:
    ///   - name: shown by the broker as the connection's name.
    ///   - window: the most messages sent and not confirmed.
    ///   - patience: with a broker that does not answer, and with one that refuses.
    ///   - onEvent: called on the publisher's thread; it must return quickly.
    ///   - onReports: called on the publisher's thread after reports were added, and on the calling thread of `publish`
    ///     for messages that were given up at once. It must return quickly and not call back into the publisher except
    ///     for `drainReports`.
    ///   - onConfirm: called on the publisher's thread with how long the broker took for the last message of what was
    ///     sent at a time: once a burst, not once a message. It must return quickly.
    public init(
        uri: AMQPURI, name: String, window: Int = 2048, whenUnavailable: WhenUnavailable = .hold,
        patience: Patience = Patience(), onEvent: @escaping @Sendable (AMQPEvent) -> Void = { _ in },
        onReports: (@Sendable () -> Void)? = nil, onConfirm: (@Sendable (Duration) -> Void)? = nil
    ) {
        core = PublisherCore(
            uri: uri, name: name, window: window, whenUnavailable: whenUnavailable,
            patience: patience, onEvent: onEvent, onReports: onReports, onConfirm: onConfirm)
    }

    // A forgotten publisher must not hold a connection for ever.
    deinit { core.requestStop(within: .zero) }

    /// Starts the thread. Further calls do nothing.
    public func start() { core.start() }

    /// Accepts messages and returns. Each is reported later, exactly once, with its token.
    ///
    /// After `close` every message is reported `.unknown` at once.
    public func publish(_ messages: [OutgoingMessage]) { core.publish(messages) }

    /// Messages accepted and not reported.
    public var backlog: Int { core.status.backlog }

    /// The reports that are there, in the order the broker answered. Never waits.
    public func drainReports() -> [PublishReport] { core.drainReports(upTo: .zero) }

    /// The reports that are there; sleeps at most `limit` while there is none.
    public func waitForReports(upTo limit: Duration) -> [PublishReport] { core.drainReports(upTo: limit) }

    /// Called after reports were added; see `init`.
    public var onReports: (@Sendable () -> Void)? {
        get { core.onReports }
        set { core.onReports = newValue }
    }

    /// Sends what was accepted, waits for its confirms, closes the connection and ends the thread.
    ///
    /// What is not confirmed within `limit` is reported `.unknown`; reports can still be drained after. Returns at
    /// latest about a second after `limit`, even when the thread hangs. Further calls wait for the same end.
    public func close(within limit: Duration) { core.close(within: limit) }

    /// The present state. One lock.
    public var status: PublisherStatus { core.status }
}

/// How long the broker takes to confirm: of the last message of each burst that was sent. Pure.
///
/// Sequence numbers are those of ``ConfirmTracker``, and begin anew with each channel, as a timer does.
package struct ConfirmTimer: Sendable {
    private var bursts: [(last: UInt64, at: Duration)] = []

    /// Beyond it bursts are not timed: a broker that is so far behind is seen by those before.
    private static let most = 64

    /// A timer for a channel that was just opened.
    package init() {}

    /// Everything up to this message was sent by now.
    package mutating func sent(upTo sequence: UInt64, at now: Duration) {
        guard sequence > 0, bursts.last.map({ $0.last < sequence }) ?? true, bursts.count < Self.most else { return }
        bursts.append((sequence, now))
    }

    /// Takes the broker's answer to one message, or to all up to and including it; 0 means everything sent so far.
    ///
    /// - Returns: how long it took to confirm the oldest burst that this answers; `nil` when it ends none, or refuses.
    package mutating func answered(_ sequence: UInt64, multiple: Bool, nack: Bool, at now: Duration) -> Duration? {
        let isEnded = { (last: UInt64) in last == sequence || multiple && (last < sequence || sequence == 0) }
        guard let oldest = bursts.first(where: { isEnded($0.last) }) else { return nil }
        bursts.removeAll { isEnded($0.last) }
        return nack ? nil : now - oldest.at
    }
}

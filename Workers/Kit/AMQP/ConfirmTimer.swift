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

    /// Takes the broker's answer to one message, or to all up to and including it; 0 means everything sent so far. Most
    /// answers end no burst, and cost a comparison.
    ///
    /// - Returns: when the oldest burst was sent that this confirms; `nil` when it ends none, or refuses.
    package mutating func answered(_ sequence: UInt64, multiple: Bool, nack: Bool) -> Duration? {
        var sent: Duration?
        var place = 0
        while place < bursts.count {
            let last = bursts[place].last
            let isAll = multiple && sequence == 0
            if last > sequence, !isAll { break }
            if last == sequence || multiple {
                if sent == nil { sent = bursts[place].at }
                bursts.remove(at: place)
            } else {
                place += 1
            }
        }
        return nack ? nil : sent
    }
}

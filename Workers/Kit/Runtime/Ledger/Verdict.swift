package import AMQP
package import Contracts

/// What becomes of a command that did not succeed this time. Pure: no clock, no randomness, no I/O of its own.
package enum Verdict {
    /// The ending of a rejected command.
    ///
    /// - Parameters:
    ///   - attempt: the counted attempt that was rejected, from 1.
    ///   - passages: how often the command has been through the schedule; spaces out what is parked.
    ///   - random: uniform in 0..<1, for the jitter.
    /// - Returns: `nil` for ``Rejection/Consequence/again`` and ``Rejection/Consequence/yield``: these are no endings,
    ///   the command is admitted once more, or its run goes on elsewhere.
    package static func ending(
        of rejection: Rejection, attempt: Int, passages: Int, policy: RetryPolicy, now: Timestamp, random: Double
    ) -> Ending? {
        switch rejection.consequence {
        case .refuse: .refused(rejection.reason)
        case .fail: .failed(rejection.reason)
        case .bury: .dead(rejection.reason)
        case .park: .parked(rejection.reason, at: now + parking.delay(after: passages + 1, random: random))
        case .postpone:
            .parked(
                rejection.reason,
                at: rejection.until ?? now + postponing.delay(after: passages + 1, random: random))
        case .retry:
            attempt >= policy.attempts
                ? .dead(rejection.reason)
                : .retrying(rejection.reason, at: now + policy.delay(after: attempt, random: random))
        case .cancel: .cancelled(rejection.reason)
        case .again, .yield: nil
        }
    }

    /// What follows when a transaction was rolled back with all its commands.
    ///
    /// - Parameters:
    ///   - commands: how many it held.
    ///   - isBooking: whether it called no handler, and was to book a rejection that is known already.
    package static func recourse(after rejection: Rejection, commands: Int, isBooking: Bool) -> Recourse {
        if [.again, .yield].contains(rejection.consequence) { return .admitAgain }
        if commands > 1 { return .split }
        return isBooking ? .admitAgain : .book
    }

    /// What the broker is told about a batch.
    ///
    /// When every command has its ending committed, all are acknowledged: later passages come from the schedule, never
    /// from the broker's own redelivery, which would be counted against the message. A batch whose work was interrupted
    /// is handed back whole: what was committed of it is known to the ledger, and is announced again.
    package static func settlement(interrupted: Bool) -> Settlement {
        interrupted ? .requeue : .acknowledge
    }

    /// How long an unknown kind waits for a rolling deploy: 5 s at first, an hour at most.
    static let parking = RetryPolicy(attempts: .max, base: .seconds(5), cap: .seconds(3600))
    /// How long a command waits for a free slot.
    static let postponing = RetryPolicy(attempts: .max, base: .milliseconds(500), cap: .seconds(5))
}

/// What the loop does with commands whose transaction was rolled back.
package enum Recourse: Sendable, Equatable {
    /// It was not their doing: they run again, uncounted, when the database is there and the back-off is over.
    case admitAgain
    /// They run in smaller transactions, until the one at fault stands alone.
    case split
    /// The command is alone: the rejection is its own, and gets booked.
    case book
}

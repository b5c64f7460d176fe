package import Contracts

/// What becomes of a command that did not succeed this time. Pure: no clock, no randomness, no I/O of its own.
package enum Verdict {
    /// The ending of a rejected command.
    ///
    /// - Parameters:
    ///   - attempt: the counted attempt that was rejected, from 1.
    ///   - passages: how often the command has been through the schedule; spaces out what is parked.
    ///   - random: uniform in 0..<1, for the jitter.
    /// - Returns: `nil` for ``Rejection/Consequence/again``: that is no ending, the command is admitted once more.
    package static func ending(
        of rejection: Rejection, attempt: Int, passages: Int, policy: RetryPolicy, now: Timestamp, random: Double
    ) -> Ending? {
        switch rejection.consequence {
        case .refuse: .refused(rejection.reason)
        case .fail: .failed(rejection.reason)
        case .bury: .dead(rejection.reason)
        case .park: .parked(rejection.reason, at: now + parking.delay(after: passages + 1, random: random))
        case .postpone: .parked(rejection.reason, at: now + postponing.delay(after: 1, random: random))
        case .retry:
            attempt >= policy.attempts
                ? .dead(rejection.reason)
                : .retrying(rejection.reason, at: now + policy.delay(after: attempt, random: random))
        case .again: nil
        }
    }

    /// What the delivery is told once its ending is committed, or could not be.
    ///
    /// Everything that has an ending is acknowledged: later passages come from the schedule, never from the broker's
    /// own redelivery, which would be counted against the message.
    package static func settlement(of ending: Ending?) -> Disposition {
        ending == nil ? .hold : .acknowledge
    }

    /// How long an unknown kind waits for a rolling deploy: 5 s at first, an hour at most.
    static let parking = RetryPolicy(attempts: .max, base: .seconds(5), cap: .seconds(3600))
    /// How long a command waits for a free slot.
    static let postponing = RetryPolicy(attempts: .max, base: .milliseconds(500), cap: .seconds(1))
}

/// What a worker does with a delivery.
package enum Disposition: Sendable, Equatable {
    /// Its ending is committed.
    case acknowledge
    /// Nothing is committed: keep it and run it again; hand it back only when the time to hold is over.
    case hold
}

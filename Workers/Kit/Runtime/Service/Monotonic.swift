/// A moment of the clock that never goes back (CLOCK_MONOTONIC), in nanoseconds. A stepped wall clock does not move it.
package struct Monotonic: Comparable, Hashable, Sendable {
    /// Since the clock was first asked in this process.
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Nanoseconds since this process first asked.
    package static var now: Monotonic {
        Monotonic(nanoseconds: origin.duration(to: SuspendingClock().now).nanoseconds)
    }

    private static let origin = SuspendingClock().now

    /// Before any moment there is.
    package static let distantPast = Monotonic(nanoseconds: .min / 2)

    package static func < (one: Monotonic, other: Monotonic) -> Bool { one.nanoseconds < other.nanoseconds }

    /// The moment `duration` later.
    package static func + (moment: Monotonic, duration: Duration) -> Monotonic {
        Monotonic(nanoseconds: moment.nanoseconds &+ duration.nanoseconds)
    }

    /// The time from `earlier` to `later`.
    package static func - (later: Monotonic, earlier: Monotonic) -> Duration {
        .nanoseconds(later.nanoseconds - earlier.nanoseconds)
    }
}

extension Duration {
    /// Whole nanoseconds; clamped to what 292 years hold.
    package var nanoseconds: Int64 {
        let (whole, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return components.seconds < 0 ? -(.max / 4) : .max / 4 }
        return whole + components.attoseconds / 1_000_000_000
    }

    /// Whole milliseconds, rounded down.
    package var milliseconds: Int64 { nanoseconds / 1_000_000 }

    /// Seconds with their fraction, as metrics have them.
    package var seconds: Double { Double(nanoseconds) / 1e9 }
}

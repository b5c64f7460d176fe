import Glibc

/// An instant: microseconds since 1970-01-01 00:00 UTC, leap seconds not counted. PostgreSQL's `timestamptz` is as
/// fine.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Microseconds since 1970 UTC; negative before.
    public let microseconds: Int64

    /// 1970-01-01 00:00 UTC.
    public static let epoch = Timestamp(microseconds: 0)

    /// The instant so many microseconds after 1970 UTC.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The system's clock now. It can go back: measure durations with a monotonic clock instead.
    public static var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// RFC 3339 text, as ``rfc3339``.
    public var description: String { rfc3339 }

    /// Orders instants by time.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// The instant `duration` later, cut to whole microseconds; beyond what 64 bits hold, the last instant there is.
    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let (scaled, tooLong) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, tooLate) = time.microseconds.addingReportingOverflow(scaled)
        let (total, overflow) = sum.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        guard tooLong || tooLate || overflow else { return Timestamp(microseconds: total) }
        return Timestamp(microseconds: seconds < 0 ? .min : .max)
    }

    /// The instant `duration` earlier.
    public static func - (time: Timestamp, duration: Duration) -> Timestamp {
        time + (.zero - duration)
    }

    /// The time from `right` to `left`.
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .microseconds(left.microseconds) - .microseconds(right.microseconds)
    }

    /// Moves the instant by `duration`.
    public static func += (time: inout Timestamp, duration: Duration) {
        time = time + duration
    }
}

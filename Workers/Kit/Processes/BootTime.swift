import Glibc

/// A moment of the clock that never jumps and goes on while the machine sleeps (CLOCK_BOOTTIME), the same in every
/// process of the machine.
package struct BootTime: Comparable, Hashable, Sendable {
    /// Since the machine was started.
    package let nanoseconds: Int64

    init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Now.
    package static var now: BootTime {
        var time = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        return BootTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// The same moment of Swift's clock, which is this one; never later than that, however long a process is stopped
    /// between looking at the one and at the other.
    package init(_ instant: ContinuousClock.Instant) {
        let now = BootTime.now
        self = now + (instant - ContinuousClock.now)
    }

    /// Later than any moment that comes; a century and more away.
    package static let distantFuture = BootTime(nanoseconds: .max / 2)

    package static func < (one: BootTime, other: BootTime) -> Bool { one.nanoseconds < other.nanoseconds }

    /// The moment `duration` later; `distantFuture` at the latest.
    package static func + (moment: BootTime, duration: Duration) -> BootTime {
        let (seconds, attoseconds) = duration.components
        guard abs(seconds) < 4_000_000_000 else { return seconds < 0 ? BootTime(nanoseconds: 0) : .distantFuture }
        let nanoseconds = moment.nanoseconds + seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        return min(BootTime(nanoseconds: nanoseconds), .distantFuture)
    }

    /// Milliseconds from now on, rounded up, for `poll`: 0 when it is past, an hour at most.
    var pollMilliseconds: Int32 {
        let left = nanoseconds - BootTime.now.nanoseconds
        return left <= 0 ? 0 : Int32(min((left + 999_999) / 1_000_000, 3_600_000))
    }
}

// `timeval` is in the headers of both, and which one counts as its home changes with what is compiled together.
import CRabbitMQ
import Glibc

/// Time since boot, from the clock that `poll` and condition variables wait on. It never jumps.
enum MonotonicClock {
    /// Now.
    static var now: Duration { .nanoseconds(nanoseconds) }

    /// Now, in nanoseconds.
    static var nanoseconds: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, for `poll`.
    var milliseconds: Int32 {
        if self <= .zero { return 0 }
        let (seconds, attoseconds) = components
        if seconds > 1_000_000 { return 1_000_000_000 }
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    /// As the C library's seconds and microseconds.
    var timeval: Glibc.timeval {
        let (seconds, attoseconds) = components
        return Glibc.timeval(
            tv_sec: Int(clamping: seconds), tv_usec: suseconds_t(attoseconds / 1_000_000_000_000))
    }

    /// As the C library's seconds and nanoseconds.
    var timespec: Glibc.timespec {
        let (seconds, attoseconds) = components
        return Glibc.timespec(tv_sec: Int(clamping: seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    }
}

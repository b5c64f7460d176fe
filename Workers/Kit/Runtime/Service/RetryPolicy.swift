/// How often something is tried, and how far apart: exponential back-off with full jitter.
///
/// The delay after attempt `n` is uniform between 0 and `min(cap, base · 2ⁿ⁻¹)`. Full jitter spreads the retries of
/// many that failed together better than any other of the common forms; see "Exponential Backoff And Jitter", AWS
/// Architecture Blog, 2015.
package struct RetryPolicy: Hashable, Sendable {
    /// Most attempts, the first included.
    package var attempts: Int
    /// The longest wait after the first attempt.
    package var base: Duration
    /// The longest wait, whatever the attempt.
    package var cap: Duration

    package init(attempts: Int = 5, base: Duration = .seconds(1), cap: Duration = .seconds(600)) {
        precondition(attempts > 0 && base > .zero && cap >= base)
        self.attempts = attempts
        self.base = base
        self.cap = cap
    }

    /// How long to wait after this attempt, counted from 1. Pure.
    ///
    /// - Parameter random: uniform in 0..<1.
    package func delay(after attempt: Int, random: Double) -> Duration {
        ceiling(after: attempt) * random
    }

    /// The longest wait after this attempt.
    package func ceiling(after attempt: Int) -> Duration {
        // 2³⁰ times any base that makes sense is past any cap.
        min(cap, base * (1 << max(0, min(30, attempt - 1))))
    }
}

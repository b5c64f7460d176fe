/// How long a batch has been held without progress, and how long to wait before the next try. Pure but for the clock
/// that `begin()` reads.
struct Hold {
    let limit: Duration
    private var since: Monotonic?
    private var tries = 0

    init(limit: Duration) {
        self.limit = limit
    }

    /// Notes a failed try; returns when holding ends.
    mutating func begin() -> Monotonic {
        let began = since ?? .now
        since = began
        tries += 1
        return began + limit
    }

    /// The back-off after the tries so far: 10 ms at first, a second at most.
    func nextDelay() -> Duration {
        Self.backoff.delay(after: tries, random: .random(in: 0..<1))
    }

    /// Notes progress.
    mutating func end() {
        since = nil
        tries = 0
    }

    private static let backoff = RetryPolicy(attempts: .max, base: .milliseconds(10), cap: .seconds(1))
}

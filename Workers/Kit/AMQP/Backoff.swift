/// Exponential backoff with jitter: 100 ms, 200 ms, … to 5 s, each drawn from its upper half.
///
/// Pure: the random number is passed in, so that a test knows the answer.
package struct Backoff: Sendable {
    private let base: Duration
    private let limit: Duration
    /// Attempts that failed in a row.
    package private(set) var failures = 0

    /// A backoff from `base` to `limit`.
    package init(base: Duration = .milliseconds(100), limit: Duration = .seconds(5)) {
        self.base = base
        self.limit = limit
    }

    /// How long to wait after one more failure; `random` is from 0 up to 1.
    package mutating func failed(random: Double) -> Duration {
        let full = min(limit, base * (1 << min(failures, 20)))
        failures += 1
        return full * (0.5 + 0.5 * min(max(random, 0), 1))
    }

    /// The attempt lasted: the next failure starts from the beginning.
    package mutating func succeeded() { failures = 0 }
}

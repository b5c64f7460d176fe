import AMQP
import Contracts

/// The runs of a process, at most so many at a time.
final class RunSlots: Sendable {
    /// How many there may be.
    let limit: Int
    // The thread sanitizer sees what it orders, and does not see it of a `Mutex`.
    private let runs = Monitor<[UniqueID: Run]>([:])

    init(_ limit: Int) { self.limit = limit }

    /// How many more it can take.
    var free: Int { runs.withLock { max(0, limit - $0.count) } }

    /// The runs it has.
    var held: [Run] { runs.withLock { Array($0.values) } }

    /// Whether it has this one.
    func holds(_ key: UniqueID) -> Bool { runs.withLock { $0[key] != nil } }

    /// Takes a run.
    func take(_ run: Run) { runs.withLock { $0[run.key] = run } }

    /// The run has ended. A key may have been claimed again since, under another fence.
    func release(_ run: Run) {
        runs.withLock { if $0[run.key] === run { $0[run.key] = nil } }
        runs.broadcast()
    }

    /// Waits until it has none. Returns whether that is so.
    func waitUntilEmpty(upTo duration: Duration) -> Bool {
        runs.wait(upTo: duration) { $0.isEmpty ? true : nil } ?? false
    }
}

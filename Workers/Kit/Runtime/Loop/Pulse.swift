import Synchronization

/// A loop's sign of life, read by the health checks from another thread.
package final class Pulse: Sendable {
    private let beatAt = Atomic<Int64>(Monotonic.now.nanoseconds)
    private let busySince = Atomic<Int64>(0)
    private let isOver = Atomic(false)

    /// A loop that came round just now.
    package init() {}

    /// The loop came round.
    package func beat() {
        beatAt.store(Monotonic.now.nanoseconds, ordering: .relaxed)
        if busySince.load(ordering: .relaxed) != 0 { begin() }
    }

    /// A batch begins.
    package func begin() { busySince.store(Monotonic.now.nanoseconds, ordering: .relaxed) }

    /// A batch has ended.
    package func end() {
        busySince.store(0, ordering: .relaxed)
        beatAt.store(Monotonic.now.nanoseconds, ordering: .relaxed)
    }

    /// The loop has ended as it should: nothing is expected of it any more, however long the others take.
    package func finish() { isOver.store(true, ordering: .relaxed) }

    /// How long the loop has not come round, whether it is idle or inside a batch. Zero once it has ended.
    package var silence: Duration {
        if isOver.load(ordering: .relaxed) { return .zero }
        let since = max(beatAt.load(ordering: .relaxed), busySince.load(ordering: .relaxed))
        return .nanoseconds(Monotonic.now.nanoseconds - since)
    }
}

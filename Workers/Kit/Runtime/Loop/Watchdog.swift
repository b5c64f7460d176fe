import AMQP

/// Cancels the statement of a loop's batch that runs past its time. One batch at a time.
///
/// A handler that computes without end cannot be cancelled; the loop's pulse stops, and liveness tells.
final class Watchdog: Sendable {
    private struct State {
        var deadline: Monotonic?
        var cancel: @Sendable () -> Void = {}
        var firedAt: Monotonic?
        /// Since when a cancel is under way.
        var cancellingSince: Monotonic?
    }

    // The thread sanitizer sees what it orders, and does not see it of a `Mutex`.
    private let state = Monitor(State())
    private let patience: Duration

    /// - Parameter patience: how long a cancel may take before another is sent beside it.
    init(patience: Duration = .seconds(10)) { self.patience = patience }

    /// Cancels in this way from now on; called on a thread of its own.
    func watch(_ cancel: @escaping @Sendable () -> Void) {
        state.withLock { $0.cancel = cancel }
    }

    /// Starts the clock of one batch.
    func arm(_ timeout: Duration) {
        state.withLock {
            $0.deadline = .now + timeout
            $0.firedAt = nil
        }
    }

    /// Stops the clock. Returns how long ago it fired, if the time was over: as long as the database took to obey.
    @discardableResult
    func disarm() -> Duration? {
        state.withLock {
            $0.deadline = nil
            return $0.firedAt.map { .now - $0 }
        }
    }

    /// Looks ten times a second until `stop` is requested; the body of a thread of its own, of which each loop has one.
    func run(until stop: Stop) {
        while !stop.wait(for: .milliseconds(100)) { check() }
    }

    /// A cancel travels on a connection of its own, and libpq waits for its answer without end: through a proxy whose
    /// server is gone that is for ever. So it has a thread, and the watch goes on.
    private func check() {
        let now = Monotonic.now
        let cancel = state.withLock { state -> (@Sendable () -> Void)? in
            guard let deadline = state.deadline, now >= deadline else { return nil }
            state.firedAt = state.firedAt ?? now
            if let since = state.cancellingSince, now - since < patience { return nil }
            state.cancellingSince = now
            return state.cancel
        }
        guard let cancel else { return }
        let thread = Thread.start(name: "cancel") { [self] in
            cancel()
            // Another may have been sent beside it since.
            state.withLock { if $0.cancellingSince == now { $0.cancellingSince = nil } }
        }
        thread.detach()
    }
}

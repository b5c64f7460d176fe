import Postgres
import Synchronization

/// Cancels the statement of a loop's batch that runs past its time. One batch at a time.
///
/// A handler that computes without end cannot be cancelled; the loop's pulse stops, and liveness tells.
final class Watchdog: Sendable {
    private struct State {
        var deadline: Monotonic?
        var canceller: Canceller?
        var firedAt: Monotonic?
    }

    private let state = Mutex(State())

    /// Watches the statements of this connection from now on.
    func watch(_ canceller: Canceller) {
        state.withLock { $0.canceller = canceller }
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

    /// Looks ten times a second until `stop` is requested; the body of a thread of its own. To cancel may take as long
    /// as the server does to answer, and another loop's batch must not wait for that.
    func run(until stop: Stop) {
        while !stop.wait(for: .milliseconds(100)) { check() }
    }

    private func check() {
        // PQcancel opens a connection of its own, so it is not called under the lock.
        let canceller = state.withLock { state -> Canceller? in
            guard let deadline = state.deadline, Monotonic.now >= deadline else { return nil }
            state.firedAt = state.firedAt ?? .now
            return state.canceller
        }
        canceller?.cancel()
    }
}

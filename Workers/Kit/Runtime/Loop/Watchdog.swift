import Postgres
import Synchronization

/// Cancels the statement of a batch that runs past its time. One thread, one batch at a time.
///
/// A handler that computes without end cannot be cancelled; the loop's pulse stops, and liveness tells.
final class Watchdog: Sendable {
    private struct State {
        var deadline: Monotonic?
        var canceller: Canceller?
        var firedAt: Monotonic?
    }

    private let state = Mutex(State())
    private let stop: Stop

    init(stop: Stop) {
        self.stop = stop
    }

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

    /// Checks ten times a second until the process stops; the body of the watchdog's thread.
    func run() {
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

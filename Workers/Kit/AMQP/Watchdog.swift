import Glibc
import Synchronization

/// Frees threads that hang inside one call of the library: their socket is shut down, and the call returns an error.
///
/// librabbitmq can wait without a limit (a publish to a dead peer, the rest of a frame). One thread for the whole
/// process looks once a second, while there is anything to look at.
final class Watchdog: Sendable {
    /// The process's watchdog.
    static let shared = Watchdog()

    private struct State {
        var watches: [Watch] = []
        var isRunning = false
    }

    private let state = Monitor(State())

    /// Watches one connection until `remove`.
    func add(_ watch: Watch) {
        let mustStart = state.withLock { state in
            state.watches.append(watch)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart { PosixThread.start(name: "amqp-watchdog") { self.run() } }
    }

    /// Ends the watch. After this call its descriptor is never touched again.
    func remove(_ watch: Watch) {
        watch.retire()
        state.withLock { $0.watches.removeAll { $0 === watch } }
    }

    private func run() {
        while true {
            sleep(1)
            let watches = state.withLock { state in
                if state.watches.isEmpty { state.isRunning = false }
                return state.watches
            }
            if watches.isEmpty { return }
            let now = MonotonicClock.nanoseconds
            for watch in watches { watch.check(now: now) }
        }
    }
}

/// What the watchdog knows of one connection.
package final class Watch: Sendable {
    private let since = Atomic<Int64>(0)
    private let fired = Atomic<Bool>(false)
    private let descriptor: Monitor<Int32>
    private let limit: Int64

    /// Watches `descriptor`: one stretch between `enter` and `leave` may take `limit`.
    package init(descriptor: Int32, limit: Duration) {
        self.descriptor = Monitor(descriptor)
        self.limit = Int64(limit.milliseconds) * 1_000_000
    }

    /// The thread goes into the library, or shows that it moves on.
    package func enter() { since.store(MonotonicClock.nanoseconds, ordering: .relaxed) }

    /// The thread waits in its own `poll`.
    package func leave() { since.store(0, ordering: .relaxed) }

    /// Whether the socket was shut down.
    package var hasFired: Bool { fired.load(ordering: .relaxed) }

    /// The descriptor is about to be closed: it is never touched again.
    package func retire() { descriptor.withLock { $0 = -1 } }

    #if FAULTS
    /// Cuts the connection; the library finds it broken.
    func cut() {
        descriptor.withLock { if $0 >= 0 { shutdown($0, Int32(SHUT_RDWR)) } }
    }
    #endif

    /// Shuts the socket down when the thread has been inside for longer than the limit at `now`, in nanoseconds.
    package func check(now: Int64) {
        let start = since.load(ordering: .relaxed)
        guard start != 0, now - start > limit, !hasFired else { return }
        descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            fired.store(true, ordering: .relaxed)
            shutdown(descriptor, Int32(SHUT_RDWR))
        }
    }
}

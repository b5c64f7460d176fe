import AMQP

/// Watches for the most common failure of RabbitMQ workers: connected, healthy to look at, and not consuming.
///
/// The loop says what it wants consumed; the liveness check compares that with what the connection says.
final class Vigil: Sendable {
    private struct State {
        var wanted: Set<String>
        var missingSince: Monotonic?
        var hasBegun = false
    }

    // The thread sanitizer sees what it orders, and does not see it of a `Mutex`.
    private let state: Monitor<State>
    /// How long a queue may go unconsumed, or the broker unheard, on a connection that is there.
    private let patience: Duration

    init(queues: [String], patience: Duration = .seconds(60)) {
        state = Monitor(State(wanted: Set(queues)))
        self.patience = patience
    }

    /// The queues that are to be consumed from now on.
    func want(_ queues: some Sequence<String>) {
        state.withLock { $0.wanted = Set(queues) }
    }

    /// The operators' wishes are known: from now on the worker consumes what it may.
    func begin() { state.withLock { $0.hasBegun = true } }

    /// Whether the worker knows what it may consume; until then it takes nothing, and is not ready.
    func judgeBeginning() -> CheckResult {
        state.withLock { $0.hasBegun } ? .ok : .failing("waits for the database to say what operators hold back")
    }

    /// Judges the consumer. Being disconnected is well: it reconnects, and a restart would not help.
    func judge(_ status: ConsumerStatus, now: Monotonic = .now) -> CheckResult {
        state.withLock { state in
            let missing = status.connected ? state.wanted.subtracting(status.consuming) : []
            guard !missing.isEmpty else {
                state.missingSince = nil
                if status.connected, let silence = status.silence, silence > patience {
                    return .failing("nothing heard from the broker for \(Int(silence.seconds)) s")
                }
                return .ok
            }
            let since = state.missingSince ?? now
            state.missingSince = since
            guard now - since > patience else { return .ok }
            return .failing("connected, and not consuming \(missing.sorted().joined(separator: ", "))")
        }
    }
}

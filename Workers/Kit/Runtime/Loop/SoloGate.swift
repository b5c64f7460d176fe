import AMQP

/// Keeps the solo lane alone: while one loop of a process runs a command by itself, no other loop runs anything.
///
/// A command that kills its process ends whatever else runs there. What runs in a batch may be run again, and nothing
/// is counted; what runs alone has its start in the ledger, and would be taken for a killer after a few such ends.
final class SoloGate: Sendable {
    private struct State {
        var running = 0
        var isAlone = false
        /// Loops that want to run alone: nothing further begins before them.
        var waiting = 0
    }

    private let state = Monitor(State())

    /// Waits at most `limit` until nothing runs alone. Returns whether the caller may work, until ``leave()``.
    func enter(within limit: Duration) -> Bool {
        state.wait(upTo: limit) { state in
            guard !state.isAlone, state.waiting == 0 else { return nil }
            state.running += 1
            return true
        } ?? false
    }

    /// The work that ``enter(within:)`` allowed is done.
    func leave() {
        state.withLock { $0.running -= 1 }
        state.broadcast()
    }

    /// Waits at most `limit` until nothing else runs. Returns whether the caller is alone, until ``leaveAlone()``.
    func enterAlone(within limit: Duration) -> Bool {
        state.withLock { $0.waiting += 1 }
        let isAlone: Bool? = state.wait(upTo: limit) { state in
            guard state.running == 0, !state.isAlone else { return nil }
            state.isAlone = true
            return true
        }
        state.withLock { $0.waiting -= 1 }
        if isAlone == nil { state.broadcast() }
        return isAlone ?? false
    }

    /// Lets the others work again.
    func leaveAlone() {
        state.withLock { $0.isAlone = false }
        state.broadcast()
    }
}

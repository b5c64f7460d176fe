import AMQP
import Contracts

/// Who may work beside whom in one process.
///
/// The solo lane is alone: while one loop runs a command by itself, no other loop runs anything.
/// A command that kills its process ends whatever else runs there. What runs in a batch may be run again, and nothing
/// is counted; what runs alone has its start in the ledger, and would be taken for a killer after a few such ends.
///
/// And a command with a cap is run by one loop at a time: a process would find the slots taken by itself, and send
/// commands to the schedule that only had to wait for the batch before them.
final class TurnGate: Sendable {
    private struct State {
        var running = 0
        /// Commands with a cap that a loop works on.
        var capped: Set<CommandName> = []
        var isAlone = false
        /// Loops that want to run alone: nothing further begins before them.
        var waiting = 0
    }

    private let state = Monitor(State())

    /// Waits until nothing runs alone, and no other batch of `capped`. Returns whether the caller may work, until
    /// ``leave(capped:)``.
    ///
    /// - Parameters:
    ///   - step: how long it waits before it asks `goOn`.
    ///   - goOn: whether it waits for another step.
    func enter(
        capped: CommandName? = nil, within step: Duration, orWhile goOn: () -> Bool = { false }
    ) -> Bool {
        wait(step, goOn) { state in
            guard !state.isAlone, state.waiting == 0 else { return nil }
            if let capped, !state.capped.insert(capped).inserted { return nil }
            state.running += 1
            return true
        }
    }

    /// The work that ``enter(capped:within:)`` allowed is done.
    func leave(capped: CommandName? = nil) {
        state.withLock { state in
            state.running -= 1
            if let capped { state.capped.remove(capped) }
        }
        state.broadcast()
    }

    /// Waits until nothing else runs. Nothing further begins meanwhile, however many steps it takes. Returns whether
    /// the caller is alone, until ``leaveAlone()``.
    ///
    /// - Parameters:
    ///   - step: how long it waits before it asks `goOn`.
    ///   - goOn: whether it waits for another step.
    func enterAlone(within step: Duration, orWhile goOn: () -> Bool = { false }) -> Bool {
        state.withLock { $0.waiting += 1 }
        let isAlone = wait(step, goOn) { state in
            guard state.running == 0, !state.isAlone else { return nil }
            state.isAlone = true
            return true
        }
        state.withLock { $0.waiting -= 1 }
        if !isAlone { state.broadcast() }
        return isAlone
    }

    private func wait(_ step: Duration, _ goOn: () -> Bool, _ turn: (inout State) -> Bool?) -> Bool {
        while true {
            if let isTurn = state.wait(upTo: step, turn) { return isTurn }
            guard goOn() else { return false }
        }
    }

    /// Lets the others work again.
    func leaveAlone() {
        state.withLock { $0.isAlone = false }
        state.broadcast()
    }
}

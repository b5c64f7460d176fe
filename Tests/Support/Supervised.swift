/// Keeps an executable running as a supervisor does: whatever ends it, it is started again.
package final class Supervised: Sendable {
    private struct State {
        var process: RunningProcess?
        var isStopping = false
        var starts = 0
    }

    private let box: SharedBox<State>
    private let thread: TestThread

    package init(_ cluster: Cluster, _ executable: String, _ changes: [String: String] = [:]) {
        let state = SharedBox(State())
        box = state
        thread = TestThread {
            while !state.withLock({ $0.isStopping }) {
                guard let process = try? cluster.start(executable, changes) else { continue }
                let wanted = state.withLock { state -> Bool in
                    state.process = process
                    state.starts += 1
                    return !state.isStopping
                }
                if !wanted { process.kill() }
                _ = process.waitForExit()
            }
        }
    }

    /// How often it was started.
    package var starts: Int { box.withLock { $0.starts } }

    /// Ends the process that runs now without notice; the next one is on its way.
    package func kill() {
        box.withLock { $0.process }?.send(9)
    }

    /// Ends it for good.
    package func stop() {
        let process = box.withLock { state -> RunningProcess? in
            state.isStopping = true
            return state.process
        }
        process?.send(9)
        thread.join()
    }
}

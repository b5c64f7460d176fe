import Foundation
import Glibc

/// Keeps an executable running as a supervisor does: whatever ends it, it is started again, until ``stop()`` or until
/// nobody refers to this any more.
package final class Supervised: Sendable {
    /// A process that has ended.
    package struct End: Sendable {
        /// The exit code, or the signal's number plus 128.
        package let status: Int32
        /// Whether a test ended it.
        package let wasAsked: Bool
    }

    private struct State {
        var process: RunningProcess?
        var isStopping = false
        var isAsked = false
        var starts = 0
        var ends: [End] = []
        var logs: [String] = []
    }

    /// What it runs.
    package let executable: String
    private let box: SharedBox<State>
    private let thread: TestThread

    /// Starts it for the first time; waits for nothing.
    package init(
        _ cluster: Cluster, _ executable: String, _ changes: [String: String] = [:], arguments: [String] = []
    ) {
        self.executable = executable
        let state = SharedBox(State())
        box = state
        thread = TestThread {
            while !state.withLock({ $0.isStopping }) {
                guard let process = try? cluster.launch(executable, changes, arguments: arguments) else {
                    usleep(100_000)
                    continue
                }
                let wanted = state.withLock { state -> Bool in
                    state.process = process
                    state.starts += 1
                    state.isAsked = false
                    state.logs.append(process.log)
                    return !state.isStopping
                }
                if !wanted { process.kill() }
                let status = process.waitForExit()
                let wasAsked = state.withLock { state -> Bool in
                    state.process = nil
                    state.ends.append(End(status: status, wasAsked: state.isAsked || state.isStopping))
                    return state.isAsked
                }
                // What ends by itself at once must not be started without a pause.
                if !wasAsked { usleep(100_000) }
            }
        }
    }

    deinit { stop() }

    /// How often it was started.
    package var starts: Int { box.withLock { $0.starts } }

    /// The processes that have ended so far.
    package var ends: [End] { box.withLock { $0.ends } }

    /// The process that runs now, if one does.
    package var id: Int32? { box.withLock { $0.process }.flatMap { $0.isRunning ? $0.id : nil } }

    /// What all its processes have written so far, one after the other.
    package var output: String {
        box.withLock { $0.logs }.map { (try? String(contentsOfFile: $0, encoding: .utf8)) ?? "" }.joined()
    }

    /// How often they have written `text`.
    package func count(of text: String) -> Int {
        let word = Data(text.utf8)
        return box.withLock { $0.logs }.reduce(0) { sum, path in
            guard let log = try? Data(contentsOf: URL(filePath: path)) else { return sum }
            var found = 0
            var rest = log.startIndex
            while let range = log.range(of: word, in: rest..<log.endIndex) {
                found += 1
                rest = range.upperBound
            }
            return sum + found
        }
    }

    /// Ends the process that runs now without notice; the next one is on its way.
    package func kill() { ask(SIGKILL) }

    /// Asks the process that runs now to end, waits until it has, and returns how; the next one is on its way.
    package func drain() throws -> End {
        var before = 0
        try eventually("\(executable) runs") {
            before = ends.count
            return id != nil
        }
        ask(SIGTERM)
        try eventually("\(executable) stops", within: 90) { ends.count > before }
        return ends[before]
    }

    /// Sends a signal that does not end it.
    package func send(_ signal: Int32) { box.withLock { $0.process }?.send(signal) }

    /// Ends it for good.
    package func stop() {
        let process = box.withLock { state -> RunningProcess? in
            state.isStopping = true
            return state.process
        }
        process?.send(SIGKILL)
        thread.join()
    }

    private func ask(_ signal: Int32) {
        let process = box.withLock { state -> RunningProcess? in
            state.isAsked = true
            return state.process
        }
        process?.send(signal)
    }
}

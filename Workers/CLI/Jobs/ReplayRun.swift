import Contracts
import Glibc
import Runtime

/// Sends many commands through ``Replay``: at a pace, with a progress line, and so that Ctrl-C leaves nothing half
/// done.
struct ReplayRun: ~Copyable {
    private let replay: Replay
    private let reason: String
    private let interrupt = Interrupt()
    private var progress: Progress
    /// How to take back what runs again.
    private(set) var undo = Undo("jobs", "cancel", few: 1)
    /// Commands that were somebody else's when their turn came: they run again already.
    private(set) var late = 0
    /// Commands that cannot.
    private(set) var faults: [String] = []

    /// How many commands run again.
    var moved: Int { undo.count }

    init(_ replay: Replay, reason: String, total: Int) {
        self.replay = replay
        self.reason = reason
        progress = Progress("replayed", of: total)
    }

    /// Sends them in this order. Returns the keys of those that run again.
    ///
    /// - Throws: a ``Failure`` with the code of the signal, between two transactions: what was sent is committed, and
    ///   is no more among what the same filter finds.
    mutating func send(_ jobs: [FoundJob], pace: ReplayPace) throws -> [UniqueID] {
        defer { progress.end() }
        let began = ContinuousClock.now
        var keys: [UniqueID] = []
        var next = 0
        while next < jobs.count {
            try wait(until: began + pace.due(after: next))
            let batch = Array(jobs[next..<min(next + pace.batch, jobs.count)])
            let done = try replay.run(batch, reason: reason)
            next += batch.count
            let again = Set(done.moved)
            undo.add(batch.filter { again.contains($0.key) })
            late += batch.count - done.moved.count - done.faults.count
            keys += done.moved
            for fault in done.faults { progress.say("ruche: \(fault)") }
            faults += done.faults
            progress.update(moved)
        }
        return keys
    }

    /// Waits for the outcomes of the canaries.
    mutating func judge(_ canary: Canary, _ keys: [UniqueID], within limit: Duration) throws -> Canary.Word {
        var waiting = Progress("waiting for the canaries")
        defer { waiting.end() }
        let deadline = ContinuousClock.now + limit
        while true {
            let word = canary.judge(try states(of: keys))
            guard case .wait(let open) = word else { return word }
            guard ContinuousClock.now < deadline else {
                throw Failure(
                    .timedOut, "\(open) of \(keys.count) canaries have no outcome yet; the others were not replayed",
                    "see what one waits for with `ruche jobs why ID`; the same line again goes on with the others")
            }
            waiting.update()
            try wait(until: min(deadline, ContinuousClock.now + .milliseconds(200)))
        }
    }

    private func states(of keys: [UniqueID]) throws(PostgresError) -> [JobState] {
        let rows = try replay.database.query("SELECT state FROM job_key WHERE key = ANY(\(keys))")
        var states: [JobState] = []
        for row in 0..<rows.count { states.append(JobState(text: try rows.get(row, 0)) ?? .started) }
        return states
    }

    /// Sleeps in steps a signal need not wait long for.
    private func wait(until time: ContinuousClock.Instant) throws(Failure) {
        while true {
            if let code = interrupt.requested() {
                throw Failure(code, "stopped; the same line again goes on with the others")
            }
            let left = time - ContinuousClock.now
            guard left > .zero else { return }
            let step = min(left, .milliseconds(100)).components.attoseconds / 1_000_000_000_000
            usleep(UInt32(clamping: step + 1))
        }
    }
}

import Contracts
import Runtime

/// `jobs retry`: what waits becomes due, and what ended badly runs once more.
struct RetryVerb {
    private let invocation: Invocation
    private let reason: String
    private let pace: ReplayPace

    init(_ invocation: Invocation) throws(Failure) {
        self.invocation = invocation
        reason = try JobSelection.reason(invocation)
        if let text = invocation.value("rate") {
            pace = ReplayPace(rate: try ReplayPace.rate(text))
        } else {
            pace = ReplayPace(rate: nil)
        }
    }

    func run() throws {
        let reach = Reach()
        let database = try reach.database()
        defer { database.close() }
        // What was discarded is dealt with: whoever wants it all the same names it, or says handled:yes.
        var selection = try JobSelection(
            invocation, among: Replay.states + [.waiting, .parked], handled: false, reach, database)
        try selection.leaveForgotten()
        for job in selection.jobs where job.state.outcome.map({ $0 == .succeeded || $0 == .refused }) ?? false {
            throw Failure(.conflict, "`\(job.id)` is \(job.state.name): that is a verdict, and stays")
        }
        let ended = selection.jobs.filter { $0.state.outcome != nil }
        let waiting = selection.jobs.filter { $0.state.outcome == nil }
        guard !selection.jobs.isEmpty else { throw Failure(.notFound, "nothing to retry") }
        if invocation.has("dry-run") { return selection.rehearse("retry") }
        try Confirmation.require(invocation, to: "retry", count: selection.jobs.count, of: selection.tenants)

        // What may be missing is asked for before anything is changed.
        let keys = ended.isEmpty ? nil : try reach.keys()
        var done = Done(hurried: try hurry(waiting, database))
        done.onTheirWay = waiting.count - done.hurried
        if let keys {
            var replay = Replay(keys: keys, database: database)
            replay.action = "jobs retry"
            var sending = ReplayRun(replay, reason: reason, total: ended.count)
            do { _ = try sending.send(ended, pace: pace) } catch {
                tell(done.adding(sending.late, sending.faults.count, sending.undo), selection)
                throw error
            }
            done = done.adding(sending.late, sending.faults.count, sending.undo)
        }
        tell(done, selection)
        guard done.faults == 0 else { throw Failure(.failure, "\(done.faults) commands could not be retried") }
    }

    /// What became of the jobs.
    private struct Done {
        /// Waited, and wait no more.
        var hurried: Int
        /// Had left the schedule, or were due.
        var onTheirWay = 0
        /// Had ended badly, and were taken up by somebody else.
        var late = 0
        /// Cannot run again.
        var faults = 0
        /// Of those that had ended badly and run again.
        var undo = Undo("jobs", "cancel")

        func adding(_ late: Int, _ faults: Int, _ undo: Undo) -> Done {
            var done = self
            (done.late, done.faults, done.undo) = (late, faults, undo)
            return done
        }
    }

    /// Makes what lies in the schedule due. What has left it is on its way already.
    private func hurry(_ jobs: [FoundJob], _ database: Postgres.Connection) throws(PostgresError) -> Int {
        guard !jobs.isEmpty else { return 0 }
        let names = Dictionary(jobs.map { ($0.key, $0.name) }, uniquingKeysWith: { first, _ in first })
        return try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            let rows = try tx.query(
                """
                UPDATE schedule SET due_at = now() WHERE subject = ANY(\(jobs.map(\.key).sorted())) AND due_at > now()
                RETURNING subject
                """)
            var moved: [String] = []
            for row in 0..<rows.count { moved.append(names[try rows.get(row, 0)] ?? "") }
            try Audit.write("jobs retry", each: moved, reason, in: tx)
            return moved.count
        }
    }

    private func tell(_ done: Done, _ selection: JobSelection) {
        emit("\(done.hurried + done.undo.count) of \(selection.jobs.count) jobs run now; they keep their ids")
        if done.onTheirWay > 0 { emit("\(done.onTheirWay) are on their way already: ruche jobs why ID") }
        if done.late > 0 { emit("\(done.late) had been taken up by somebody else just before: ruche jobs why ID") }
        if done.hurried > 0 { emit("that \(done.hurried) of them wait no longer cannot be undone") }
        if done.hurried == 0 || done.undo.count > 0 { emit(done.undo.line) }
        selection.noteLimit()
    }
}

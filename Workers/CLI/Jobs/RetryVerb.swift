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
        var selection = try JobSelection(invocation, among: Replay.states + [.waiting, .parked], reach, database)
        try selection.leaveForgotten()
        for job in selection.jobs where job.state.outcome.map({ $0 == .succeeded || $0 == .refused }) ?? false {
            throw Failure(.conflict, "`\(job.id)` is \(job.state.name): that is a verdict, and stays")
        }
        let ended = selection.jobs.filter { $0.state.outcome != nil }
        let waiting = selection.jobs.filter { $0.state.outcome == nil }
        guard !selection.jobs.isEmpty else { throw Failure(.notFound, "nothing to retry") }
        if invocation.has("dry-run") { return selection.rehearse("retry") }
        try Confirmation.require(invocation, to: "retry", count: selection.jobs.count)

        let hurried = try hurry(waiting, database)
        var replay = Replay(keys: try reach.keys(), database: database)
        replay.action = "jobs retry"
        var sending = ReplayRun(replay, reason: reason, total: ended.count)
        do { _ = try sending.send(ended, pace: pace) } catch let failure as Failure {
            tell(hurried + sending.moved, selection)
            throw failure
        }
        tell(hurried + sending.moved, selection)
        guard sending.faults.isEmpty else {
            throw Failure(.failure, "\(sending.faults.count) commands could not be retried")
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

    private func tell(_ count: Int, _ selection: JobSelection) {
        emit("\(count) of \(selection.jobs.count) jobs run now; they keep their ids")
        if count < selection.jobs.count { emit("the others are on their way already: ruche jobs why ID") }
        emit("undo: ruche jobs cancel, as long as they wait")
        selection.noteLimit()
    }
}

import Contracts
import Runtime

/// `dead replay`, from the command line to the summary.
struct ReplayVerb {
    private let invocation: Invocation
    private let reason: String
    private let states: [JobState]
    private let handled: Bool?
    private let pace: ReplayPace
    private let canary: Int?
    private let allowance: Canary.Allowance
    private let patience: Duration

    init(_ invocation: Invocation, among states: [JobState], handled: Bool?) throws(Failure) {
        self.invocation = invocation
        self.states = states
        self.handled = handled
        reason = try JobSelection.reason(invocation)
        if let text = invocation.value("rate") {
            pace = ReplayPace(rate: try ReplayPace.rate(text))
        } else {
            pace = ReplayPace(rate: nil)
        }
        canary = invocation.value("canary") == nil ? nil : try invocation.count("canary", default: 1)
        allowance = try Canary.Allowance(invocation.value("max-failures") ?? "0")
        patience = try invocation.duration("canary-timeout") ?? .seconds(300)
        guard canary != nil || (invocation.value("max-failures") ?? invocation.value("canary-timeout")) == nil else {
            throw Failure(.usage, "--max-failures and --canary-timeout are about canaries: name --canary N")
        }
    }

    func run() throws {
        let reach = Reach()
        let database = try reach.database()
        defer { database.close() }
        var selection = try JobSelection(invocation, among: states, handled: handled, reach, database)
        try selection.leaveForgotten()
        if let job = selection.jobs.first(where: { !Replay.states.contains($0.state) }) { throw refusal(job) }
        guard !selection.jobs.isEmpty else { throw Failure(.notFound, "nothing to replay") }
        if invocation.has("dry-run") { return selection.rehearse("replay") }
        try Confirmation.require(invocation, to: "replay", count: selection.jobs.count, of: selection.tenants)

        let replay = Replay(keys: try reach.keys(), database: database)
        var sending = ReplayRun(replay, reason: reason, total: selection.jobs.count)
        do {
            try send(selection.jobs, &sending)
        } catch {
            tell(sending.moved, sending.late, sending.undo, selection)
            throw error
        }
        tell(sending.moved, sending.late, sending.undo, selection)
        guard sending.faults.isEmpty else {
            throw Failure(.failure, "\(sending.faults.count) commands could not be replayed")
        }
    }

    private func send(_ jobs: [FoundJob], _ sending: inout ReplayRun) throws {
        guard let canary, canary < jobs.count else {
            _ = try sending.send(jobs, pace: pace)
            return
        }
        let keys = try sending.send(Array(jobs.prefix(canary)), pace: pace)
        switch try sending.judge(Canary(allowance: allowance), keys, within: patience) {
        case .stop(let failures):
            throw Failure(
                .jobNotSucceeded,
                "\(failures) of \(keys.count) canaries did not succeed; the others were not replayed")
        case .go(let failures): note("ruche: \(keys.count - failures) of \(keys.count) canaries succeeded; going on")
        case .wait: break
        }
        _ = try sending.send(Array(jobs.dropFirst(canary)), pace: pace)
    }

    private func refusal(_ job: FoundJob) -> Failure {
        switch job.state {
        case .waiting, .parked, .started, .running:
            Failure(.conflict, "`\(job.id)` has no outcome yet", "see: ruche jobs why \(job.id)")
        default: Failure(.conflict, "`\(job.id)` is \(job.state.name): that is a verdict, and stays")
        }
    }

    private func tell(_ moved: Int, _ late: Int, _ undo: Undo, _ selection: JobSelection) {
        emit("\(moved) of \(selection.jobs.count) commands run again; they keep their ids")
        if late > 0 { emit("\(late) had been taken up by somebody else just before: ruche jobs why ID") }
        emit(undo.line)
        if moved > 0 { emit("only what still waits is undone; what has succeeded does not run again") }
        selection.noteLimit()
    }
}

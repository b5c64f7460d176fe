import AMQP
package import Contracts

/// A run in the hands of this process: what a ``LongWorker`` does beside its work.
///
/// **Guarantee.** What it writes is written under the fence of this holder, once, or the method throws and nothing was
/// written. A run that was lost, is to be cancelled or has had its time is told so by every method that says it is a
/// *point of ending*, and by the cancellation of the handler's task.
package final class Run: Sendable {
    /// What identifies the job in the ledger.
    package let key: UniqueID
    /// The message id the producer chose.
    package let id: String
    /// Whose job it is.
    package let tenant: String
    /// Which counted attempt this is, from 1. Not raised by a takeover.
    package let attempt: Int
    /// Grows with each holder. What is done outside the database can be marked with it.
    package let fence: Int
    /// Whether somebody else, or an earlier passage, has had it before.
    package let isTakeover: Bool

    let begun: Begun
    private let stored: [UInt8]?
    private let writer: RunWriter
    private let state: Monitor<RunState>
    private let tenure: RunTenure
    private let task = Monitor<Task<Void, Never>?>(nil)

    init(_ begun: Begun, lease: Duration, timeout: Duration, writer: RunWriter) {
        key = begun.claim.held.key
        id = begun.arrived.id
        tenant = begun.arrived.tenant
        attempt = begun.attempt
        fence = Int(begun.claim.held.fence)
        isTakeover = begun.claim.isTakeover
        stored = begun.claim.checkpoint
        self.begun = begun
        self.writer = writer
        state = Monitor(RunState(since: begun.since, lease: lease, timeout: timeout))
        tenure = RunTenure(claimed: .now - (Monotonic.now - begun.since), lease: lease)
    }

    /// Whether an operator has asked for its end.
    package var isCancelled: Bool { state.withLock { if case .cancelled = $0.cause { true } else { false } } }

    /// Whether it is somebody else's, or may be: nothing more may be done outside.
    package var isLost: Bool { state.withLock { $0.cause.map { $0 >= .silent } ?? false } }

    /// Until when nobody else can have it, less a sixth of the lease for stopping. What works for the run in other
    /// processes must be dead by then.
    package var heldUntil: ContinuousClock.Instant { tenure.until }

    /// Calls `follow` at once and with each renewal of the lease with ``heldUntil`` as it is then, in this process and
    /// from any thread: it must not wait.
    package func whileHeld(_ follow: @escaping @Sendable (ContinuousClock.Instant) -> Void) { tenure.follow(follow) }

    /// Where the last holder was; `nil` when this is the first, or none was kept.
    ///
    /// - Throws: when this edition cannot read it: retried, counted.
    package func checkpoint<M: Message>(as type: M.Type) throws(Rejection) -> M? {
        guard let stored else { return nil }
        do { return try M(json: stored) } catch {
            throw .transient("checkpoint-unreadable", "The checkpoint cannot be read: \(error.message)")
        }
    }

    /// A point of ending: throws when the run was lost, is to be cancelled, or has had its time.
    package func proceed() throws(Rejection) {
        if let rejection = state.withLock({ $0.rejection(isResting: false) }) { throw rejection }
    }

    /// Announces how far it has come, in a `progressed` event whose number follows that of the one before without a
    /// gap. A point of ending. One transaction: tell people what they wait for, not every line.
    package func progress(_ progress: Progress) async throws(Rejection) {
        try proceed()
        try await perform { (desk: RunDesk, run: Run) throws(Rejection) in
            try desk.write(run, progress: progress, checkpoint: nil)
        }
    }

    /// Keeps where to go on, and announces how far that is if `progress` says so. A point of ending, after the
    /// checkpoint is kept; the only one at which a stopping process hands the run over before its grace is over.
    ///
    /// - Parameter isFurther: whether the next holder has less to do than this one had: processes that died before are
    ///   not held against the command then. Not so where the next one begins anew.
    package func checkpoint(
        _ checkpoint: some Message, progress: Progress? = nil, isFurther: Bool = true
    ) async throws(Rejection) {
        let text = String(decoding: checkpoint.json(), as: UTF8.self)
        try proceed()
        try await perform { (desk: RunDesk, run: Run) throws(Rejection) in
            try desk.write(run, progress: progress, checkpoint: text, isFurther: isFurther)
        }
        if let rejection = state.withLock({ $0.rejection(isResting: true) }) { throw rejection }
    }

    /// Runs `body` in a transaction of its own under the run's fence. No point of ending: what is undone after a
    /// cancellation is undone with it. `body` may be called again, after a lost connection or a deadlock.
    ///
    /// - Throws: what `body` throws, and nothing was written.
    package func transaction<R: Sendable>(
        _ body: @escaping @Sendable (borrowing Transaction) throws(Rejection) -> R
    ) async throws(Rejection) -> R {
        try await perform { (desk: RunDesk, run: Run) throws(Rejection) in try desk.write(run, body) }
    }

    /// Waits until `targets` are this run's alone: such as `server:12`, `shop:x`. They are so until it ends, or waits
    /// for another passage; a holder that takes it over has them still. All or none. A point of ending.
    ///
    /// - Throws: ``Rejection/Consequence/postpone`` with `target-busy` when they are not to be had in a while, or at
    ///   once when the run has others already: two runs would wait for each other.
    package func lock(_ targets: [String]) async throws(Rejection) {
        let sorted = Set(targets).sorted()
        let until = Monotonic.now + .seconds(5)
        while true {
            try proceed()
            let holding = try await perform { (desk: RunDesk, run: Run) throws(Rejection) in
                try desk.lock(sorted, for: run)
            }
            switch holding {
            case .all: return
            case .none where Monotonic.now < until: try await sleep(for: .milliseconds(250))
            case .none, .others:
                throw Rejection(.postpone, Reason(reason: "target-busy", message: "Another run has the target."))
            }
        }
    }

    /// Sleeps. A point of ending, at any moment of it.
    package func sleep(for duration: Duration) async throws(Rejection) {
        try proceed()
        try? await Task.sleep(for: duration)
        try proceed()
    }

    /// Has the writer's thread do something, and waits for it without a thread of its own.
    func perform<R: Sendable>(
        _ work: @escaping @Sendable (RunDesk, Run) throws(Rejection) -> R
    ) async throws(Rejection) -> R {
        let result: Result<R, Rejection> = await withCheckedContinuation { continuation in
            writer.submit { desk in
                guard let desk else { return continuation.resume(returning: .failure(.yielding)) }
                do throws(Rejection) { continuation.resume(returning: .success(try work(desk, self))) } catch {
                    if error.isLostRun { self.ask(.lost) }
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}

/// What the runtime does with it.
extension Run {
    /// The task that the handler runs in.
    func attach(_ task: Task<Void, Never>) {
        self.task.withLock { $0 = task }
        if state.withLock({ $0.toldAt != nil }) { task.cancel() }
    }

    /// Asks it to end.
    func ask(_ cause: RunState.Cause) {
        if state.withLock({ $0.ask(cause) }) { task.withLock { $0 }?.cancel() }
    }

    /// Its lease was renewed by a request that was sent then: the same moment by two clocks.
    func renewed(_ sentAt: Monotonic, _ instant: ContinuousClock.Instant) {
        state.withLock { $0.renewed(sentAt) }
        tenure.renewed(instant)
    }

    /// Looks at the clock.
    func look(_ now: Monotonic) {
        if state.withLock({ $0.look(now) }) { task.withLock { $0 }?.cancel() }
    }

    /// How long ago it was told to end, if it was for good.
    func overdue(_ now: Monotonic) -> Duration? {
        state.withLock { state in
            if case .cancelled = state.cause { return nil }
            return state.toldAt.map { now - $0 }
        }
    }

    func verdict(on rejection: Rejection?) -> RunState.Verdict { state.withLock { $0.verdict(on: rejection) } }

    func ending(of rejection: Rejection) -> Rejection { state.withLock { $0.ending(of: rejection) } }
}

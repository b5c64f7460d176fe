import AMQP
import Contracts
import Postgres

/// The runs of a process: begins what the loop has claimed, keeps the leases, and sees each to its end.
///
/// Three threads beside the loop: one writes, one renews leases on a connection that nobody else delays, and one looks
/// at the clock and waits for nothing. Handlers run on the cooperative pool.
final class LongRuns: Sendable {
    let slots: RunSlots
    let lease: Duration
    /// This process, drawn anew at each start.
    let holder: UniqueID
    private let common: Common
    private let writer = RunWriter()
    private let heartPulse = Pulse()
    private let meter: RunMeter
    /// Set when the process has no more time for what is still to be written.
    private let isOver = Stop()

    /// What it shares with the loop.
    struct Common: Sendable {
        let announcer: Announcer
        let intake: Intake
        let keys: KeyRing
        let stop: Stop
        let meter: WorkMeter
        let log: Logger
        let identity: String
        /// Claims without an end after which a command counts as a killer of its process.
        let soloStarts: Int
        let tracer: Tracer?
    }

    private let (writerState, heartState) = (DatabaseState(), DatabaseState())
    /// The states of the connections, for the metrics.
    var states: [DatabaseState] { [writerState, heartState] }

    /// `nil` when none of the handlers has long commands.
    init?(_ common: Common, _ slots: RunSlots, lease: Duration, of handlers: [Handler], _ metrics: Metrics) {
        let commands = handlers.filter { $0.long != nil }.map(\.name)
        guard !commands.isEmpty else { return nil }
        var source = SystemRandomNumberGenerator()
        self.common = common
        self.lease = lease
        self.slots = slots
        holder = UniqueID(high: source.next(), low: source.next())
        meter = RunMeter(metrics, commands, slots)
    }

    /// On which terms the loop claims.
    ///
    /// - Parameter watched: how long its connection to the database has been there.
    func terms(watched: Duration) -> RunTerms {
        RunTerms(
            holder: holder, worker: common.identity, lease: lease, mayTakeOver: watched > lease,
            holds: { [slots] in slots.holds($0) })
    }

    /// Begins what a committed transaction has claimed.
    func begin(_ begun: Begun) {
        guard let long = begun.handler.long else { return }
        let run = Run(begun, lease: lease, timeout: long.timeout, writer: writer)
        slots.take(run)
        common.intake.review()
        meter.begun(begun)
        if let reason = begun.claim.cancellation { run.ask(.cancelled(reason)) }
        if common.stop.isRequested { run.ask(.yield(isOver: false)) }
        run.attach(Task { await self.see(run, through: long) })
    }

    /// Runs it to its end in this process.
    private func see(_ run: Run, through long: LongPart) async {
        let result = await outcome(of: run, long)
        let end = await settle(run, result)
        writer.submit { desk in desk?.forget(run) }
        slots.release(run)
        meter.ended(run.begun, end)
        common.intake.review()
    }

    private func outcome(of run: Run, _ long: LongPart) async -> Result<Closing<[UInt8]>, Rejection> {
        let begun = run.begun
        guard begun.claim.starts <= common.soloStarts else {
            let starts = begun.claim.starts - 1
            common.log.error("a run killed its process", [(.jobID, .string(run.id)), (.attempt, .int(starts))])
            let message = "The worker died \(starts) times while it ran this command, without a checkpoint between."
            return .failure(Rejection(.bury, Reason(reason: "killed-the-worker", message: message)))
        }
        let job = Admitted(
            key: run.key, id: run.id, tenant: run.tenant, attempt: run.attempt,
            sentAt: begun.arrived.envelope.enqueuedAt, payload: begun.arrived.envelope.payload)
        do throws(Rejection) { return .success(try await long.run(job, run)) } catch { return .failure(error) }
    }

    /// Writes how it ended. Returns that for the metrics.
    private func settle(_ run: Run, _ result: Result<Closing<[UInt8]>, Rejection>) async -> String {
        var result = result
        let rejection: Rejection? = if case .failure(let rejection) = result { rejection } else { nil }
        do throws(Rejection) {
            switch run.verdict(on: rejection) {
            case .drop: throw .lostRun
            case .handBack:
                try await run.perform { (desk: RunDesk, run: Run) throws(Rejection) in
                    try desk.handBack(run, isClean: true)
                }
                note("a run was handed over", run)
                return RunMeter.Parting.handedOver.rawValue
            case .reject:
                if let rejection { result = .failure(run.ending(of: rejection)) }
                fallthrough
            case .close:
                let end = try await run.perform { [result] (desk: RunDesk, run: Run) throws(Rejection) in
                    try desk.end(run, with: result)
                }
                var done = Passage.Done()
                done.endings = [end.kind]
                if end.kind == .retrying, let reason = end.reason { done.retries = [reason.reason] }
                common.meter.count(done, of: run.begun.handler.name)
                return end.kind.rawValue
            }
        } catch {
            common.log.warning(
                "a run was lost", [(.jobID, .string(run.id)), (.error, .string(error.reason.message))])
            return RunMeter.Parting.lost.rawValue
        }
    }

    private func note(_ message: StaticString, _ run: Run) {
        common.log.info(message, [(.jobID, .string(run.id)), (.command, .string(run.begun.handler.name.rawValue))])
    }
}

/// Its threads.
extension LongRuns {
    /// Starts them.
    ///
    /// - Parameter ended: set when the loops have ended.
    func start(_ database: ConnectionSettings, until ended: Stop) -> [Thread] {
        let writing = Thread.start(name: "runs") { [self] in
            var settings = database
            // Who is frozen in a write must not keep its run from who rescues it.
            settings.session.append(("idle_in_transaction_session_timeout", "\(lease.milliseconds)ms"))
            let desk = RunDesk(
                RunDesk.Common(
                    announcer: common.announcer, keys: common.keys, identity: common.identity, tracer: common.tracer,
                    meter: common.meter, log: common.log, isOver: isOver, pulse: writer.pulse),
                database: Database(settings: settings, stop: isOver, log: common.log, state: writerState))
            writer.run(desk)
        }
        let beating = Thread.start(name: "run leases") { [self] in
            var settings = database
            // An answer that comes later than the next question is worth nothing.
            settings.responseTimeout = max(.seconds(1), RunHeart.interval(of: lease))
            let heart = RunHeart(
                slots: slots, lease: lease, log: common.log, pulse: heartPulse,
                database: Database(settings: settings, stop: ended, log: common.log, state: heartState))
            heart.run(until: ended)
        }
        let looking = Thread.start(name: "run clock") { [slots] in
            while !ended.wait(for: .milliseconds(100)) {
                let now = Monotonic.now
                for run in slots.held { run.look(now) }
            }
        }
        return [writing, beating, looking]
    }

    /// Signs of life of its threads.
    var pulses: [Pulse] { [writer.pulse, heartPulse] }

    /// Alive: no handler goes on long after it was told to end. A process that ends takes it along.
    var check: HealthCheck {
        HealthCheck("runs") { [slots] in
            let now = Monotonic.now
            let overdue = slots.held.compactMap { $0.overdue(now) }.max() ?? .zero
            guard overdue > Self.patience else { return .ok }
            return .failing("a run was told to end \(Int(overdue.seconds)) s ago")
        }
    }

    private static let patience = Duration.seconds(120)

    /// Lets every run come to its next checkpoint, or to its end, and hands it over then; what has done neither in time
    /// is told to end, and handed over as it is.
    ///
    /// - Parameter onStep: called about ten times a second.
    func drain(by deadline: Monotonic, onStep: () -> Void) {
        let held = slots.held
        for run in held { run.ask(.yield(isOver: false)) }
        guard !held.isEmpty else { return }
        common.log.info("runs go on to their next checkpoint", [(.count, .int(held.count))])
        // What is told to end needs a moment to do so.
        let left = deadline - Monotonic.now
        wait(until: .now + (left - min(.seconds(2), left / 4)), onStep)
        for run in slots.held { run.ask(.yield(isOver: true)) }
        wait(until: deadline, onStep)
        for run in slots.held {
            common.log.warning("a run is handed over while its handler still works", [(.jobID, .string(run.id))])
            writer.submit { desk in try? desk?.handBack(run, isClean: false) }
        }
    }

    private func wait(until deadline: Monotonic, _ onStep: () -> Void) {
        while Monotonic.now < deadline, !slots.waitUntilEmpty(upTo: .milliseconds(100)) { onStep() }
    }

    /// Ends the writing, after what was asked for is done or a moment is over.
    func close() {
        writer.close()
        Thread.start(name: "runs grace") { [isOver] in
            _ = Stop().wait(for: .seconds(2))
            isOver.request()
        }.detach()
    }
}

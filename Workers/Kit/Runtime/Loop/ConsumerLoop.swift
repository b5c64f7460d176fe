import AMQP
import Contracts
import Postgres
import Synchronization

/// Takes deliveries, runs them in transactions, settles them. The promise is kept here:
///
/// 1. **take** what is there, never waiting for company;
/// 2. **admit** it in the ledger: what is known already is announced again, what is new runs;
/// 3. **handle** it, in the same transaction;
/// 4. **append** outcome, event and outbox row, and **commit**;
/// 5. **settle** the delivery, and publish the event.
///
/// Killed before 4, nothing happened, and the broker hands the delivery out again. Killed after 4, the redelivery is
/// known to the ledger, and the relay publishes what the outbox holds.
///
/// Lives on one thread, with its connection to the database. A process has several, so that one works while the
/// database is busy with the batch of another; what they share is ``Common``.
final class ConsumerLoop {
    let common: Common
    /// Which of the process's loops this is.
    let number: Int
    let database: Database
    let watchdog: Watchdog
    let pulse: Pulse
    /// Commands of the solo lane whose start is committed and whose end was kept off by something else than them.
    var interrupted: [UniqueID] = []
    /// The start of the command that the solo lane has at hand.
    var soloStart = SoloStart.none

    /// Whether a process that ends now counts against a command.
    enum SoloStart {
        case none
        case committed(UniqueID)
        /// While the loop rests; committed anew before the command runs again.
        case takenBack
    }

    /// How long and how much.
    struct Limits {
        /// How long deliveries are held while the database is away, before they are handed back.
        var hold: Duration = .seconds(60)
        /// How long a stopping process may finish what it holds.
        var grace: Duration = .seconds(20)
        /// How long a long command stays its holder's without a sign of life.
        var lease: Duration = .seconds(60)
        /// Solo starts without an end after which a command counts as a killer of its process.
        var soloStarts = 3
        /// How many batches a process works on at a time, each in a loop of its own.
        var concurrency = 1
        /// About what the deliveries of all batches at a time may take in memory, in bytes; each is held several times
        /// over.
        var bytes = 8_388_608
        var batchBytes: Int { bytes / concurrency }
        /// Events waiting for the broker beyond which no new work is taken.
        var backlog = 10_000
    }

    /// What the loops of a process share.
    struct Common: Sendable {
        /// By queue.
        let handlers: [String: Handler]
        let consumer: Consumer
        let intake: Intake
        let announcer: Announcer
        let gate = TurnGate()
        let keys: KeyRing
        let stop: Stop
        let meter: WorkMeter
        let log: Logger
        /// Who did it, in the ledger: executable, host and process.
        let identity: String
        let limits: Limits
        /// `nil` when no spans are exported.
        var tracer: Tracer?
        /// `nil` when no command is long.
        var runs: LongRuns?
    }

    init(_ common: Common, number: Int = 0, database: Database, watchdog: Watchdog, pulse: Pulse) {
        self.common = common
        self.number = number
        self.database = database
        self.watchdog = watchdog
        self.pulse = pulse
        database.onConnect = { connection in watchdog.watch { [canceller = connection.canceller] in canceller.cancel() }
        }
    }

    var handlers: [String: Handler] { common.handlers }
    var consumer: Consumer { common.consumer }
    var announcer: Announcer { common.announcer }
    var stop: Stop { common.stop }
    var log: Logger { common.log }
    var limits: Limits { common.limits }

    /// Works until the process is asked to stop, then finishes what it holds.
    func run() {
        let largest = handlers.values.map(\.batchSize).max() ?? 1
        while !stop.isRequested {
            pulse.beat()
            obeyOperators()
            guard announcer.backlog < limits.backlog else {
                stop.wait(for: .milliseconds(20))
                continue
            }
            #if FAULTS
            comeToDelivery()
            #endif
            if let deliveries = consumer.take(upTo: largest, bytes: limits.batchBytes, waitingUpTo: .seconds(1)) {
                #if FAULTS
                if Faults.reach(.deliver, .after) { consumer.cut() }
                #endif
                work(deliveries)
            } else {
                forgetConfirmed()
            }
        }
        drain(largest)
        pulse.finish()
    }

    /// When a process that is to stop must have finished; `nil` while nobody asked.
    var finishBy: Monotonic? { stop.requestedAt.map { $0 + limits.grace } }

    private var isGraceOver: Bool { finishBy.map { Monotonic.now >= $0 } ?? false }

    /// Runs a batch of one queue to its settlement. What cannot be settled is handed back, and so is what has not begun
    /// when the grace of a stopping process is over.
    func work(_ deliveries: consuming Deliveries) {
        guard let handler = handlers[deliveries.queue], hasSlot(for: handler) else { return deliveries.requeue() }
        pulse.begin()
        defer { pulse.end() }
        let parts = deliveries.partition { $0.deliveryCount > 0 }
        // First deliveries: one transaction for as many as the handler takes.
        var interruption = settle(parts.first, for: handler) { arrived throws(Interruption) in
            let capped = handler.isCapped ? handler.name : nil
            try waitTurn { common.gate.enter(capped: capped, within: Self.step, orWhile: $0) }
            defer { common.gate.leave(capped: capped) }
            for start in stride(from: 0, to: arrived.count, by: handler.batchSize) {
                try complete(Array(arrived[start..<min(start + handler.batchSize, arrived.count)]), handler)
            }
        }
        var rest = parts.second
        while interruption == nil, !rest.isEmpty, !isGraceOver {
            // One at a time, each settled at once: what a killer takes down with it is itself only.
            var isFirst = true
            let next = rest.partition { _ in
                defer { isFirst = false }
                return !isFirst
            }
            interruption = settle(next.first, for: handler) { arrived throws(Interruption) in
                try waitTurn { common.gate.enterAlone(within: Self.step, orWhile: $0) }
                defer { common.gate.leaveAlone() }
                try completeAlone(arrived[0], handler)
            }
            rest = next.second
        }
        rest.requeue()
        if let interruption { handBack(because: interruption, handler) }
    }

    /// Waits for the other loops of the process, for as long as a stopping process may.
    ///
    /// - Parameter turn: waits for its turn, and asks after each ``step`` whether to go on.
    private func waitTurn(_ turn: (() -> Bool) -> Bool) throws(Interruption) {
        let isTurn = turn {
            pulse.beat()
            return !isGraceOver
        }
        if !isTurn { throw .stopped }
    }

    /// Works on what arrived and settles it, whole. Returns what interrupted the work.
    private func settle(
        _ deliveries: consuming Deliveries, for handler: Handler, _ work: ([Arrived]) throws(Interruption) -> Void
    ) -> Interruption? {
        guard !deliveries.isEmpty else { return nil }
        #if FAULTS
        if Sabotage.isOn(.ackBeforeCommit) { return settleFirst(deliveries, for: handler, work) }
        #endif
        var interruption: Interruption?
        do throws(Interruption) {
            try work(deliveries.all.map { read($0, for: handler) })
        } catch {
            interruption = error
        }
        #if FAULTS
        if interruption == nil, Faults.reach(.ack, .before) { consumer.cut() }
        #endif
        deliveries.settle(all: Verdict.settlement(interrupted: interruption != nil))
        #if FAULTS
        if interruption == nil, Faults.reach(.ack, .after) { consumer.cut() }
        #endif
        return interruption
    }

    /// Reads a delivery. One that has no id, and needs none, gets its own.
    func read(_ delivery: Delivery, for handler: Handler) -> Arrived {
        #if FAULTS
        if Faults.reach(.decode, .before) { return Arrived(delivery, for: handler).unknown }
        #endif
        let arrived = Arrived(delivery, for: handler)
        #if FAULTS
        if Faults.reach(.decode, .after) { return arrived.unknown }
        #endif
        return arrived.isNameless(to: handler) && delivery.deliveryCount == 0 ? arrived.named(for: handler) : arrived
    }

    /// Runs passages until every arrival has an ending that is committed: what fails together is split, what stands
    /// alone is booked with its rejection.
    func complete(_ batch: [Arrived], _ handler: Handler) throws(Interruption) {
        var open = Self.withoutTwins(batch)
        var hold = Hold(limit: limits.hold)
        while let next = open.popLast() {
            do throws(Rejection) {
                let done = try attempt(next, handler, &hold)
                common.meter.count(done, of: handler.name)
                begin(done.begun)
                if !done.reused.isEmpty {
                    open.append(contentsOf: Self.withoutTwins(done.reused.map { $0.reusingID(command: handler.name) }))
                }
            } catch {
                switch Verdict.recourse(after: error, commands: next.count, isBooking: next[0].preset != nil) {
                case .admitAgain:
                    try recover(from: error, &hold)
                    open.append(try startedAnew(next, handler))
                case .split: open.append(contentsOf: Self.split(next, halves: handler.halves))
                case .book: open.append([next[0].ending(with: error)])
                }
            }
        }
    }

    private func attempt(
        _ batch: [Arrived], _ handler: Handler, _ hold: inout Hold
    ) throws(Rejection) -> Passage.Done {
        let connection: Postgres.Connection
        do throws(PostgresError) { connection = try database.open() } catch {
            // Whatever keeps a database from answering, it is not the commands' doing.
            throw Rejection(.again, Rejection(error).reason, database: error)
        }
        let started = Monotonic.now
        // A batch that is split, or a long row in the solo lane, takes its time and is no stuck loop.
        pulse.beat()
        watchdog.arm(handler.timeout)
        do throws(Rejection) {
            let done = try Passage(
                handler: handler, identity: common.identity, keys: common.keys, announcer: announcer,
                tracer: common.tracer, terms: common.runs?.terms(watched: database.age)
            ).run(batch, on: connection)
            watchdog.disarm()
            common.meter.passage(
                of: handler.name, commands: batch.count, booked: done.endings.count, took: .now - started)
            hold.end()
            return done
        } catch {
            let overrun = watchdog.disarm()
            log.debug("a batch was rolled back", [(.error, .string("\(error.reason.reason)"))])
            guard let overrun, error.database?.code == .cancelled else { throw error }
            // A database that took so long to stop a statement stood still, and the command with it.
            guard overrun < Self.obedience else { throw Rejection(.again, error.reason, database: error.database) }
            throw .transient("timed-out", "It ran longer than \(handler.timeout.milliseconds) ms.")
        }
    }

    /// How long a database that is well takes at most to obey a cancel.
    private static let obedience = Duration.seconds(5)

    /// Waits out what is not the commands' doing: reconnects, or backs off. The deliveries are held meanwhile.
    func recover(from rejection: Rejection, _ hold: inout Hold) throws(Interruption) {
        log.warning("admitting a batch again", [(.error, .string(rejection.reason.message))])
        common.meter.again()
        let deadline = hold.begin()
        if database.current == nil {
            pauseConsuming()
            defer { resumeConsuming() }
            try awaitDatabase(until: deadline)
        } else {
            if Monotonic.now >= deadline { throw .held }
            takeBackStart()
            try rest(for: max(hold.nextDelay(), rejection.pause ?? .zero), until: deadline)
            if let error = rejection.database { database.leave(after: error) }
        }
        pulse.beat()
    }

    /// Waits in steps, so that the pulse goes on however long it is, and events that are confirmed meanwhile are not
    /// published by the relay as well.
    private func rest(for pause: Duration, until deadline: Monotonic) throws(Interruption) {
        let end = Monotonic.now + pause
        while Monotonic.now < min(end, deadline) {
            pulse.beat()
            if database.current != nil { forgetConfirmed() }
            if stop.wait(for: min(min(end, deadline) - .now, Self.step)) { throw .stopped }
        }
        // What is away is not asked before its time, so there is nothing left to try.
        if deadline < end { throw .held }
    }

    /// How long the loop rests between two looks at what else there is to do.
    static let step = Duration.seconds(1)

    /// Keys sorted, each once: a twin in the same batch waits for the ending of the first.
    private static func withoutTwins(_ batch: [Arrived]) -> [[Arrived]] {
        var first: [Arrived] = []
        var twins: [Arrived] = []
        for arrived in batch.sorted(by: { $0.key < $1.key }) {
            if first.last?.key == arrived.key { twins.append(arrived) } else { first.append(arrived) }
        }
        // Taken from the end: the twins' passage comes after the first one's.
        return twins.isEmpty ? [first] : withoutTwins(twins) + [first]
    }

    private static func split(_ batch: [Arrived], halves: Bool) -> [[Arrived]] {
        guard halves else { return batch.reversed().map { [$0] } }
        let middle = batch.count / 2
        return [Array(batch[middle...]), Array(batch[..<middle])]
    }
}

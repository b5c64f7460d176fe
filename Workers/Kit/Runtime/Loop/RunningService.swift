import AMQP
import Contracts
import Postgres
import Synchronization

/// The threads of a worker process, and their end.
final class RunningService {
    private let frame: ServiceFrame
    private let consumer: Consumer
    private let publisher: Publisher
    private let replies: Publisher
    /// What each loop has of its own.
    private let lanes: [Lane]
    private let common: ConsumerLoop.Common
    /// `nil` when no spans are exported.
    private let tracer: Tracer?
    /// `nil` when no command is long.
    private let runs: LongRuns?
    private let database: ConnectionSettings
    /// Set when the loops have ended: the watchdogs watch them to their last batch.
    private let ended = Stop()
    private let health: Health

    init(_ plan: ServicePlan, _ roster: Roster) throws(SettingsError) {
        guard let broker = plan.addresses.amqp, var database = plan.addresses.database else {
            throw SettingsError(problems: ["broker and database are not known"])
        }
        frame = ServiceFrame(plan)
        let (log, stop, identity) = (frame.log, frame.stop, frame.identity)
        let queues = roster.handlers.map { Topology.queue(for: $0.name) }
        // Enough for the next batches to lie ready while one commits; no more, or other workers would have nothing.
        let most = roster.handlers.map(\.batchSize).max() ?? 1
        // A long command is taken when there is a slot for it, and no other lies here meanwhile.
        let long = Set(roster.handlers.filter { $0.long != nil }.map { Topology.queue(for: $0.name) })
        let prefetch = long.isEmpty ? plan.prefetch ?? 2 * most * max(2, plan.limits.concurrency) : 1
        // One byte more than is allowed shows that a body is too large; what else it had is of no interest.
        let onEvent: @Sendable (AMQPEvent) -> Void = {
            log.note($0)
            #if FAULTS
            _ = Faults.reach(.consumerThread, .before)
            #endif
        }
        consumer = Consumer(
            uri: broker, name: "\(identity) consumer", queues: queues, prefetch: prefetch,
            bodyLimit: Topology.bodyLimit + 1, renewal: plan.renewal, onEvent: onEvent)
        let vigil = Vigil(queues: queues)
        publisher = Publisher(
            uri: broker, name: "\(identity) publisher", whenUnavailable: .giveUp, onEvent: { log.note($0) },
            onConfirm: frame.confirmTimes())
        replies = Publisher(
            uri: broker, name: "\(identity) replies", whenUnavailable: .giveUp, onEvent: { log.note($0) })
        #if FAULTS
        publisher.onReports = { _ = Faults.reach(.publisherThread, .before) }
        #endif
        database.applicationName = identity
        let longest = roster.handlers.map(\.timeout).max() ?? .seconds(30)
        // A second for a statement that is cancelled to end.
        let patience = plan.patience.covering(longest + .seconds(1), usually: .seconds(30) + longest * 2)
        // A worker that is frozen must not keep its rows locked from those that get its deliveries.
        database.session.append(("idle_in_transaction_session_timeout", "\(patience.milliseconds)ms"))
        database.session += roster.session
        // Past the time in which a cancelled batch has ended. Who is silent then is gone, and a proxy hides it.
        database.responseTimeout = longest + .seconds(20)
        self.database = database
        if let tracing = plan.tracing { tracer = frame.tracer(tracing) } else { tracer = nil }
        let slots = RunSlots(plan.limits.concurrency)
        // Long commands run beside the loop, which only claims them.
        lanes = (0..<(long.isEmpty ? plan.limits.concurrency : 1)).map { _ in Lane() }
        let intake = Intake(queues, long: long, hasSlot: { slots.free > 0 }, of: consumer, watchedBy: vigil)
        let announcer = Announcer(publisher: publisher, replies: replies)
        let meter = WorkMeter(frame.metrics, roster.handlers.map(\.name), Set(roster.handlers.flatMap(\.counters)))
        let shared = LongRuns.Common(
            announcer: announcer, intake: intake, keys: plan.keys, stop: stop, meter: meter, log: log,
            identity: identity, soloStarts: plan.limits.soloStarts, tracer: tracer)
        runs = LongRuns(shared, slots, lease: plan.limits.lease, of: roster.handlers, frame.metrics)
        common = ConsumerLoop.Common(
            handlers: Dictionary(uniqueKeysWithValues: zip(queues, roster.handlers)), consumer: consumer,
            intake: intake, announcer: announcer, keys: plan.keys, stop: stop, meter: meter, log: log,
            identity: identity, limits: plan.limits, tracer: tracer, runs: runs)
        frame.showConnections([consumer], [publisher, replies], lanes.map(\.state) + (runs?.states ?? []))
        let unacked = frame.metrics.register(
            .gauge, "ruche_deliveries_unacked", "Commands in hand: delivered and not settled.", labels: ["command"])
        frame.metrics.onScrape { [metrics = frame.metrics, consumer, names = roster.handlers.map(\.name)] in
            let held = consumer.unsettled
            for name in names {
                metrics.set(Double(held[Topology.queue(for: name)] ?? 0), of: unacked, [name.rawValue])
            }
        }
        health = .worker(
            consumer, [publisher, replies], vigil, lanes.map(\.pulse) + (runs?.pulses ?? []), frame,
            patience: patience, more: roster.checks, alive: runs.map { [$0.check] } ?? [])
    }

    /// Runs to the end.
    func run() throws(SettingsError) {
        consumer.start()
        publisher.start()
        replies.start()
        tracer?.start()
        let watching = lanes.map { lane in
            Thread.start(name: "watchdog") { [ended] in lane.watchdog.run(until: ended) }
        }
        let running = runs?.start(database, until: ended) ?? []
        try frame.run(health, onStop: { [consumer] in consumer.wake() }) {
            let others = lanes.indices.dropFirst().map { number in
                Thread.start(name: "loop \(number)") { [common, lane = lanes[number], database] in
                    lane.loop(number, common, database).run()
                }
            }
            lanes[0].loop(0, common, database).run()
            others.forEach { $0.join() }
            runs?.close()
            consumer.close(within: .seconds(5))
            // Under an alarm no confirm comes; the outbox has what is not confirmed.
            publisher.close(within: publisher.status.blocked == nil ? .seconds(5) : .milliseconds(200))
            replies.close(within: replies.status.blocked == nil ? .seconds(1) : .milliseconds(200))
            tracer?.close(within: lastExport)
            ended.request()
            (watching + running).forEach { $0.join() }
        }
    }

    /// How long the last spans may take: what is left of the grace, and a moment in any case.
    private var lastExport: Duration {
        let left = common.stop.requestedAt.map { ($0 + common.limits.grace) - Monotonic.now } ?? .zero
        return min(.seconds(5), max(left, .milliseconds(500)))
    }
}

/// What a loop has of its own, and other threads look at.
private struct Lane: Sendable {
    let pulse = Pulse()
    let watchdog = Watchdog()
    let state = DatabaseState()

    /// The loop, for the thread that asks.
    func loop(_ number: Int, _ common: ConsumerLoop.Common, _ database: ConnectionSettings) -> ConsumerLoop {
        ConsumerLoop(
            common, number: number,
            database: Database(settings: database, stop: common.stop, log: common.log, state: state),
            watchdog: watchdog, pulse: pulse)
    }
}

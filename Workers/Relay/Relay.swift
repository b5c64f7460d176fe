import AMQP
import Contracts
import Depth
import Glibc
import Runtime

/// The relay's threads, and their end.
///
/// Every duty has a thread, a database connection and, where it publishes, a broker connection of its own, so that none
/// waits for another. What they share is in the database, so several relays may run: rows are locked or claimed, and
/// only the housekeeping is for one at a time.
struct Relay {
    private let frame: ServiceFrame
    private let settings: RelaySettings
    private let broker: AMQPURI
    private let database: ConnectionSettings
    private let meter: RelayMeter
    private let consumer: Consumer
    private let confirmTimes: @Sendable (Duration) -> Void

    init(_ plan: inout ServicePlan) throws(SettingsError) {
        settings = RelaySettings(reading: &plan.settings)
        try plan.settings.check()
        guard let broker = plan.addresses.amqp, let database = plan.addresses.database else {
            throw SettingsError(problems: ["broker and database are not known"])
        }
        if let management = settings.management, Self.management(management, broker) == nil {
            throw SettingsError(
                problems: ["RABBITMQ_MANAGEMENT_URL takes http://user:password@host:port, or https://"])
        }
        self.broker = broker
        self.database = Self.bounded(database, statement: 30)
        frame = ServiceFrame(plan)
        meter = RelayMeter(frame.metrics)
        confirmTimes = frame.confirmTimes()
        consumer = Consumer(
            uri: broker, name: "\(frame.identity) dead letters", queues: [Topology.deadLetterQueue],
            prefetch: plan.prefetch ?? Self.prefetch,
            // What is larger than any command may be goes back, or is kept, cut: it can only end as too large.
            bodyLimit: Topology.bodyLimit + 1,
            onEvent: { [log = plan.log] in log.note($0) })
    }

    /// Runs until the process is asked to stop.
    func run() throws(SettingsError) {
        var duties = [outbox(), deadLetters()]
        let throttle = SharedThrottle(
            Throttle(most: ScheduleMove.batch, alarmAfter: settings.alarmAfter, longest: .seconds(60)))
        for number in 1...settings.movers { duties.append(mover(number, throttle)) }
        duties += [runs(), housekeeping(), gauges()]
        let publishers = duties.compactMap(\.publisher)
        let health = Health(
            live: duties.map(\.isMoving) + [frame.isTurning(consumer)] + publishers.map(frame.isTurning),
            ready: duties.map(\.isWorking) + duties.compactMap(\.isConnected)
                + [consumer.isConsuming, frame.isStaying],
            metrics: frame.metrics)

        frame.showConnections([consumer], publishers, duties.map(\.lane.state))
        for publisher in publishers { publisher.start() }
        consumer.start()
        let ended = Stop()
        let stop = { @Sendable [consumer, frame] in
            consumer.wake()
            Thread.start(name: "grace") { Self.end(frame, unless: ended) }.detach()
        }
        try frame.run(health, onStop: stop) {
            let threads = duties.map { $0.lane.start($0.make) }
            for thread in threads { thread.join() }
            consumer.close(within: .seconds(5))
            for publisher in publishers { publisher.close(within: .seconds(2)) }
            ended.request()
        }
    }

    /// Ends the process when the grace is over, whatever a duty still waits for: what is not committed has not
    /// happened, and what was not settled is delivered again.
    private static func end(_ frame: ServiceFrame, unless ended: Stop) {
        guard !ended.wait(for: frame.plan.grace) else { return }
        frame.log.warning("the grace is over; what is unfinished is left for the next start")
        exit(0)
    }

    /// Dead letters in hand, unless `PREFETCH` says otherwise.
    private static let prefetch = 200

    private func outbox() -> Post {
        let publisher = publisher("outbox")
        let (meter, log, alarmAfter) = (meter, frame.log, settings.alarmAfter)
        return Post(lane("outbox"), publisher, patience: patience) {
            OutboxSweep(courier: Courier(publisher: publisher), meter: meter, log: log, alarmAfter: alarmAfter)
        }
    }

    private func mover(_ number: Int, _ throttle: SharedThrottle) -> Post {
        let name = "schedule-\(number)"
        let publisher = publisher(name)
        let (meter, log, keys) = (meter, frame.log, frame.plan.keys)
        return Post(lane(name), publisher, patience: patience) {
            ScheduleMove(
                courier: Courier(publisher: publisher), keys: keys, meter: meter, log: log, throttle: throttle)
        }
    }

    private func deadLetters() -> Post {
        let publisher = publisher("dead-letters")
        let (meter, log, plan, consumer) = (meter, frame.log, frame.plan, consumer)
        return Post(lane("dead-letters"), publisher, patience: patience) {
            DeadDrain(
                consumer: consumer, courier: Courier(publisher: publisher), keys: plan.keys, meter: meter, log: log,
                hold: plan.hold)
        }
    }

    private func runs() -> Post {
        let (meter, log) = (meter, frame.log)
        return Post(lane("runs"), patience: patience) { RunRescue(meter: meter, log: log) }
    }

    private func housekeeping() -> Post {
        let (meter, log, stop, horizons) = (meter, frame.log, frame.stop, settings.horizons)
        // Removing an upload of a gigabyte takes its time.
        let patient = Self.bounded(database, statement: 300)
        return Post(
            lane("housekeeping", patient), patience: frame.plan.patience.covering(.seconds(400), usually: .seconds(400))
        ) {
            Housekeeping(horizons: horizons, stop: stop, meter: meter, log: log)
        }
    }

    private func gauges() -> Post {
        let (meter, log, broker, settings) = (meter, frame.log, broker, settings.management)
        let name = "\(frame.identity) gauges"
        return Post(lane("gauges"), patience: patience) {
            // Checked when the relay began; it belongs to the thread.
            let management = settings.flatMap { Self.management($0, broker) }
            return Gauges(meter: meter, management: management, uri: broker, name: name, log: log)
        }
    }

    private static func management(_ settings: (url: String, authorityFile: String?), _ broker: AMQPURI) -> Management?
    {
        try? Management(settings.url, authorityFile: settings.authorityFile, broker: broker)
    }

    /// How long a duty may stand still: longer than it waits for a statement and for the broker.
    private var patience: Duration { frame.plan.patience.covering(Self.longestStep, usually: .seconds(90)) }

    private static var longestStep: Duration {
        #if FAULTS
        // What is made to stand still is not waited for so long.
        if Faults.isToHang { return .seconds(2) }
        #endif
        return .seconds(45)
    }

    private func lane(_ name: String, _ settings: ConnectionSettings? = nil) -> Lane {
        var settings = settings ?? database
        settings.applicationName = "\(frame.identity) \(name)"
        return Lane(name, settings, stop: frame.stop, log: frame.log)
    }

    private func publisher(_ name: String) -> Publisher {
        // Giving up is right: what is not confirmed is still in the database.
        Publisher(
            uri: broker, name: "\(frame.identity) \(name)", whenUnavailable: .giveUp,
            onEvent: { [log = frame.log] in log.note($0) }, onConfirm: confirmTimes)
    }

    /// No statement and no idle transaction may hold locks for long, not even those of a relay that is frozen.
    private static func bounded(_ settings: ConnectionSettings, statement seconds: Int) -> ConnectionSettings {
        var settings = settings
        settings.session += [
            ("statement_timeout", "\(seconds)s"), ("idle_in_transaction_session_timeout", "60s"),
        ]
        settings.responseTimeout = .seconds(seconds + 30)
        return settings
    }
}

/// A duty with all it needs: the thread, the publisher, the checks.
private struct Post {
    let lane: Lane
    let publisher: Publisher?
    let patience: Duration
    let make: @Sendable () -> any Duty

    init(
        _ lane: Lane, _ publisher: Publisher? = nil, patience: Duration, _ make: @escaping @Sendable () -> any Duty
    ) {
        self.lane = lane
        self.publisher = publisher
        self.patience = patience
        self.make = make
    }

    /// Alive: the thread comes round, whatever broker and database do.
    var isMoving: HealthCheck {
        HealthCheck(lane.name) { [pulse = lane.pulse, patience] in
            pulse.silence < patience ? .ok : .failing("no progress for \(Int(pulse.silence.seconds)) s")
        }
    }

    /// Ready: its last pass went well.
    var isWorking: HealthCheck {
        HealthCheck("\(lane.name) database") { [lane] in lane.isWorking ? .ok : .failing("no pass has gone well") }
    }

    var isConnected: HealthCheck? {
        guard let publisher else { return nil }
        return HealthCheck("\(lane.name) broker") {
            publisher.status.connected ? .ok : .failing("not connected")
        }
    }
}

extension Consumer {
    fileprivate var isConsuming: HealthCheck {
        HealthCheck("dead letters") { [self] in status.consuming.isEmpty ? .failing("not consuming") : .ok }
    }
}

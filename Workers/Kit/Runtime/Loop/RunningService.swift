import AMQP
import Contracts
import Postgres
import Synchronization

/// The threads of a worker process, and their end.
final class RunningService {
    private let frame: ServiceFrame
    private let pulse = Pulse()
    private let consumer: Consumer
    private let publisher: Publisher
    private let loop: ConsumerLoop
    private let watchdog: Watchdog
    /// Set when the loop has ended: the watchdog watches it to its last batch.
    private let ended = Stop()
    private let health: Health

    init(_ plan: ServicePlan, _ roster: Roster) throws(SettingsError) {
        guard let broker = plan.addresses.amqp, var database = plan.addresses.database else {
            throw SettingsError(problems: ["broker and database are not known"])
        }
        frame = ServiceFrame(plan)
        let (log, stop, identity) = (frame.log, frame.stop, frame.identity)
        consumer = Consumer(
            uri: broker, name: "\(identity) consumer",
            queues: roster.handlers.map { Topology.queue(for: $0.name) }, prefetch: plan.prefetch,
            onEvent: { log.note($0) })
        publisher = Publisher(
            uri: broker, name: "\(identity) publisher", whenUnavailable: .giveUp, onEvent: { log.note($0) })
        database.applicationName = identity
        database.session += roster.session
        watchdog = Watchdog(stop: ended)
        loop = ConsumerLoop(
            handlers: roster.handlers, consumer: consumer, announcer: Announcer(publisher: publisher),
            database: Database(settings: database, stop: stop, log: log), watchdog: watchdog, keys: plan.keys,
            stop: stop, pulse: pulse, meter: WorkMeter(frame.metrics), log: log, identity: identity,
            limits: plan.limits)
        let longest = roster.handlers.map(\.timeout).max() ?? .seconds(30)
        health = .worker(consumer, pulse, frame, patience: .seconds(30) + longest * 2)
    }

    /// Runs to the end.
    func run() throws(SettingsError) {
        consumer.start()
        publisher.start()
        let watching = Thread.start(name: "watchdog") { [watchdog] in watchdog.run() }
        try frame.run(health, onStop: { [consumer] in consumer.wake() }) {
            loop.run()
            consumer.close(within: .seconds(5))
            publisher.close(within: .seconds(5))
            ended.request()
            watching.join()
        }
    }
}

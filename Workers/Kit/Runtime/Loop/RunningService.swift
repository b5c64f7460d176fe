import AMQP
import Contracts
import Glibc
import HTTP
import Postgres
import Synchronization

/// The threads of a worker process, and their end.
final class RunningService {
    private let plan: ServicePlan
    private let stop = Stop()
    private let pulse = Pulse()
    private let metrics = Metrics()
    private let consumer: Consumer
    private let publisher: Publisher
    private let loop: ConsumerLoop
    private let watchdog: Watchdog
    private let health: Health
    private let server: HTTPServer
    private let ended = Stop()

    init(_ plan: ServicePlan, _ roster: Roster) throws(SettingsError) {
        guard let broker = plan.addresses.amqp, var database = plan.addresses.database else {
            throw SettingsError(problems: ["broker and database are not known"])
        }
        self.plan = plan
        let log = plan.log
        let identity = "\(plan.name)@\(Self.host)/\(getpid())"
        consumer = Consumer(
            uri: broker, name: "\(identity) consumer",
            queues: roster.handlers.map { Topology.queue(for: $0.name) }, prefetch: plan.prefetch,
            onEvent: { Self.report($0, to: log) })
        publisher = Publisher(
            uri: broker, name: "\(identity) publisher", whenUnavailable: .giveUp,
            onEvent: { Self.report($0, to: log) })
        database.applicationName = identity
        database.session += roster.session
        watchdog = Watchdog(stop: ended)
        loop = ConsumerLoop(
            handlers: roster.handlers, consumer: consumer, announcer: Announcer(publisher: publisher),
            database: Database(settings: database, stop: stop, log: log), watchdog: watchdog, keys: plan.keys,
            stop: stop, pulse: pulse, meter: WorkMeter(metrics), log: log, identity: identity, limits: plan.limits)
        let longest = roster.handlers.map(\.timeout).max() ?? .seconds(30)
        health = .worker(consumer, pulse, stop, metrics, patience: .seconds(30) + longest * 2)
        do throws(HTTPError) {
            server = try HTTPServer(
                address: plan.httpAddress, port: UInt16(plan.httpPort), handler: { [health] in health.answer($0) })
        } catch {
            throw SettingsError(problems: ["PORT \(plan.httpPort): \(error)"])
        }
    }

    /// Runs to the end; returns the exit code.
    func run() -> Int32 {
        consumer.start()
        publisher.start()
        let watching = Thread.start(name: "watchdog") { [watchdog] in watchdog.run() }
        Thread.start(name: "signals") { [stop, consumer, log = plan.log] in
            log.info("stopping: finishing what is held", [(.signal, .int(Int(Signals.wait())))])
            stop.request()
            consumer.wake()
            _ = Signals.wait()
            log.warning("stopped at once")
            exit(1)
        }.detach()
        Thread.start(name: "liveness") { [health, ended, log = plan.log] in
            Self.guardLiveness(health, until: ended, log: log)
        }.detach()
        plan.log.info("ready", [(.port, .int(Int(server.port)))])

        // The loop's thread is this one: the main thread has the largest stack.
        loop.run()

        consumer.close(within: .seconds(5))
        publisher.close(within: .seconds(5))
        ended.request()
        watching.join()
        server.stop()
        plan.log.info("stopped")
        return 0
    }

    /// Ends the process when its own checks have failed three times in a row, 15 seconds apart at least.
    private static func guardLiveness(_ health: Health, until ended: Stop, log: Logger) {
        var failures = 0
        while !ended.wait(for: .seconds(5)) {
            let ailments = health.ailments
            failures = ailments.isEmpty ? 0 : failures + 1
            guard failures >= 3 else { continue }
            log.error("not alive; ending for a restart", [(.check, .string(ailments.joined(separator: "; ")))])
            exit(EX_SOFTWARE)
        }
    }

    private static func report(_ event: AMQPEvent, to log: Logger) {
        switch event {
        case .connected(let broker): log.info("connected to the broker", [(.broker, .string("\(broker)"))])
        case .disconnected(let error): log.warning("the broker is away", [(.error, .string("\(error)"))])
        case .blocked(let reason): log.warning("the broker blocks publishers", [(.reason, .string(reason))])
        case .unblocked: log.info("the broker takes messages again")
        case .consumerCancelled(let queue): log.warning("a consumer was cancelled", [(.queue, .string(queue))])
        case .unsettledBatch(let count): log.warning("a batch was handed back unsettled", [(.count, .int(count))])
        case .staleSettlements(let count): log.debug("settlements of a lost connection", [(.count, .int(count))])
        case .consuming(let queue): log.info("consuming", [(.queue, .string(queue))])
        case .channelClosed(let queue, let error):
            log.warning(
                "the broker closed a channel", [(.queue, .string(queue ?? "")), (.error, .string("\(error)"))])
        case .stuck: log.error("the broker's connection hung and was cut")
        }
    }

    private static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, 255) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

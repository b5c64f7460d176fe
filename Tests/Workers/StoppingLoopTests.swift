import AMQP
import Contracts
import LeaseIPWorker
import Postgres
import Sealing
import Testing

@testable import Runtime

/// A loop without servers: what it asks its consumer for, before and after the request to stop.
@Suite struct StoppingLoopTests {
    private let stop = Stop()
    private let vigil = Vigil(queues: [], patience: .zero)

    private func loop() throws -> ConsumerLoop {
        let uri = try AMQPURI(parsing: "amqp://127.0.0.1:1/")
        let queue = Topology.queue(for: LeaseIP.name)
        let consumer = Consumer(uri: uri, name: "test", queues: [queue], prefetch: 1)
        let publishers = (1...2).map { _ in Publisher(uri: uri, name: "test", whenUnavailable: .giveUp) }
        let log = Logger(service: "test", version: "0", level: .error, format: .json)
        let intake = Intake([queue], of: consumer, watchedBy: vigil)
        _ = intake.hold(back: [], as: 1)
        return ConsumerLoop(
            ConsumerLoop.Common(
                handlers: [queue: Handler(LeaseIPWorker())], consumer: consumer, intake: intake,
                announcer: Announcer(publisher: publishers[0], replies: publishers[1]), keys: .generate(), stop: stop,
                meter: WorkMeter(Metrics()), log: log, identity: "test", limits: ConsumerLoop.Limits()),
            database: Database(settings: try ConnectionSettings("host=/nonexistent"), stop: stop, log: log),
            watchdog: Watchdog(), pulse: Pulse())
    }

    /// Whether the vigil misses the queue on a connection that consumes nothing: then it is wanted.
    private func wantsItsQueue() -> Bool {
        let idle = VigilTests.status(consuming: [])
        _ = vigil.judge(idle, now: VigilTests.start)
        if case .failing = vigil.judge(idle, now: VigilTests.start + .seconds(1)) { return true }
        return false
    }

    @Test func aLoopConsumesAgainWhenItsDatabaseIsBack() throws {
        let loop = try loop()
        loop.pauseConsuming()
        #expect(!wantsItsQueue())
        loop.resumeConsuming()
        #expect(wantsItsQueue())
    }

    @Test func aLoopThatIsToStopConsumesNothingAgain() throws {
        let loop = try loop()
        stop.request()
        loop.pauseConsuming()
        loop.resumeConsuming()
        #expect(!wantsItsQueue())
    }

    /// Another loop of the process may be at its last batch for as long as the grace.
    @Test func aLoopThatHasDrainedIsNotTakenForOneThatStandsStill() throws {
        let loop = try loop()
        stop.request()
        loop.run()
        // Nothing is waited for: the clock goes on.
        Stop().wait(for: .milliseconds(5))
        #expect(loop.pulse.silence == .zero)
    }

    @Test func waitingForTheDatabaseIsASignOfLifeAndEndsWithTheDeadline() throws {
        let loop = try loop()
        loop.pulse.begin()
        // Nothing is waited for: the clock goes on, and only a beat makes up for it.
        Stop().wait(for: .milliseconds(30))
        let began = Monotonic.now
        #expect(throws: Interruption.held) { try loop.awaitDatabase(until: .now + .milliseconds(200)) }
        #expect(loop.pulse.silence <= Monotonic.now - began)
        stop.request()
        #expect(throws: Interruption.stopped) { try loop.awaitDatabase(until: .now + .seconds(3600)) }
    }
}

import Runtime
import Synchronization

/// A thread of the relay: one duty with a database connection of its own, made anew when it is lost.
final class Lane: Sendable {
    let name: String
    let pulse = Pulse()
    let state = DatabaseState()
    private let settings: ConnectionSettings
    private let stop: Stop
    private let log: Logger
    private let connected = Atomic(false)

    init(_ name: String, _ settings: ConnectionSettings, stop: Stop, log: Logger) {
        self.name = name
        self.stop = stop
        self.log = log
        self.settings = settings
    }

    /// Whether the last pass went well.
    var isWorking: Bool { connected.load(ordering: .relaxed) }

    /// Starts the thread; the duty is made on it.
    func start(_ make: @escaping @Sendable () -> any Duty) -> Thread {
        Thread.start(name: name) { self.run(make()) }
    }

    /// Works until the process is asked to stop.
    private func run(_ duty: any Duty) {
        let database = Database(settings: settings, stop: stop, log: log, state: state)
        var failures = 0
        var failingSince = Monotonic.now
        while !stop.isRequested {
            pulse.beat()
            do throws(PostgresError) {
                let rest = try duty.pass(try database.open())
                failures = 0
                connected.store(true, ordering: .relaxed)
                sleep(rest)
            } catch {
                if failures == 0 { failingSince = .now }
                failures += 1
                connected.store(false, ordering: .relaxed)
                log.warning(
                    "a pass failed and is tried again",
                    [(.duty, .string(name)), (.error, .string("\(error)")), (.attempt, .int(failures))])
                // This server is a standby now, and stays one: the next connection finds the other.
                database.leave(after: error)
                duty.endure(.now - failingSince)
                stop.wait(for: Self.backoff.delay(after: failures, random: .random(in: 0..<1)))
            }
        }
        duty.finish()
        database.close()
        pulse.finish()
    }

    /// Sleeps in steps, so that the pulse goes on.
    private func sleep(_ duration: Duration) {
        let end = Monotonic.now + duration
        while true {
            let left = end - .now
            // Less than a millisecond is not worth a sleep, and would be none.
            guard left >= .milliseconds(1), !stop.wait(for: min(left, .seconds(1))) else { return }
            pulse.beat()
        }
    }

    private static let backoff = RetryPolicy(attempts: .max, base: .milliseconds(100), cap: .seconds(5))
}

extension LogKey {
    /// Which of the relay's duties speaks.
    static let duty = LogKey("relay.duty")
    /// A routing key or a queue.
    static let destination = LogKey("amqp.destination")
}

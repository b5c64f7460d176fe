import AMQP
import Glibc
import HTTP

extension ServicePlan {
    /// How long a stopping process may finish what it holds: `SHUTDOWN_GRACE`.
    package var grace: Duration { limits.grace }
    /// How long deliveries are held while the database is away: `HOLD_LIMIT`.
    package var hold: Duration { limits.hold }
}

/// What stands around the work of every long-running process: the request to stop, metrics, health answers, and the end
/// of a process that is not alive any more.
package final class ServiceFrame: Sendable {
    /// What the environment says.
    package let plan: ServicePlan
    /// Set by the first SIGTERM or SIGINT: take nothing new, finish what is held.
    package let stop = Stop()
    /// The metrics of the process; register them before the health answers begin.
    package let metrics = Metrics()
    /// Executable, host and process, as broker, database and ledger show it.
    package let identity: String
    /// Set when the work is done.
    private let ended = Stop()

    /// Nothing runs yet.
    package init(_ plan: ServicePlan) {
        self.plan = plan
        identity = "\(plan.name)@\(Self.host)/\(getpid())"
    }

    /// The log of the process.
    package var log: Logger { plan.log }

    /// Not ready any more once the process is asked to stop.
    package var isStaying: HealthCheck {
        HealthCheck("staying") { [stop] in stop.isRequested ? .failing("draining") : .ok }
    }

    /// Answers health checks, says that the process is ready, and does `work` on this thread. A second signal ends the
    /// process at once, and so do liveness checks that fail three times in a row, five seconds apart, or a quarter of
    /// `LIVENESS_PATIENCE` when that is less.
    ///
    /// - Parameter onStop: called at the first signal, on another thread; wakes what sleeps.
    /// - Throws: when the port cannot be had.
    package func run(
        _ health: Health, onStop: @escaping @Sendable () -> Void = {}, _ work: () -> Void
    ) throws(SettingsError) {
        let server: HTTPServer
        do throws(HTTPError) {
            server = try HTTPServer(
                address: plan.httpAddress, port: UInt16(plan.httpPort), handler: { health.answer($0) })
        } catch {
            throw SettingsError(problems: ["PORT \(plan.httpPort): \(error)"])
        }
        Thread.start(name: "signals") { [self] in obeySignals(onStop) }.detach()
        Thread.start(name: "liveness") { [self] in guardLiveness(health) }.detach()
        for stranger in plan.settings.strangers {
            log.warning("an environment variable is read by nobody", [(.reason, .string(stranger))])
        }
        log.info("ready", [(.port, .int(Int(server.port)))])
        work()
        ended.request()
        server.stop()
        log.info("stopped")
    }

    private func obeySignals(_ onStop: () -> Void) {
        let number = Signals.wait()
        log.info("stopping: finishing what is held", [(.signal, .int(Int(number)))])
        stop.request()
        onStop()
        // Who signals a process and its group (timeout, some shells) means one request, not two.
        let asked = Monotonic.now
        repeat { _ = Signals.wait() } while Monotonic.now - asked < .milliseconds(500)
        log.warning("stopped at once")
        exit(1)
    }

    private func guardLiveness(_ health: Health) {
        var failures = 0
        let step = min(.seconds(5), (plan.patience.wish ?? .seconds(20)) / 4)
        while !ended.wait(for: step) {
            let ailments = health.ailments
            failures = ailments.isEmpty ? 0 : failures + 1
            guard failures >= 3 else { continue }
            log.error("not alive; ending for a restart", [(.check, .string(ailments.joined(separator: "; ")))])
            exit(EX_SOFTWARE)
        }
    }

    private static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, 255) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

import AMQP
import Contracts
import Glibc
import Postgres
package import Sealing

/// A worker process from its start to its end.
///
/// Starts a thread each for consuming, publishing, the transactions and the watchdog, answers health checks, and stops
/// in two steps: at the first SIGTERM or SIGINT it takes nothing new and finishes what it holds, at the second it ends
/// now.
///
/// Exit codes: 0 stopped as asked; 1 stopped at once by a second signal; 70 no longer alive by its own checks, so that
/// the supervisor restarts it; 64 there are arguments, of which it takes none but `--help` and `--version`; 78 the
/// settings are wrong.
package enum Service {
    /// The edition, as logs and metrics show it.
    package static let version = "0.1.0"

    /// Runs the process; does not return.
    ///
    /// - Parameter arguments: what its caller says to it; of a program that has verbs, what comes after the verb.
    package static func run(
        _ name: String, arguments: [String] = Array(CommandLine.arguments.dropFirst()),
        _ enlist: (inout Roster) throws(SettingsError) -> Void
    ) -> Never {
        host(name, purpose(enlist), arguments: arguments) { (plan: inout ServicePlan) throws(SettingsError) in
            var roster = Roster(settings: plan.settings)
            try enlist(&roster)
            plan.settings = roster.settings
            plan.limits.concurrency = plan.concurrency ?? roster.concurrency
            plan.tracing = TraceSettings(reading: &plan.settings, service: name)
            try plan.settings.check()
            try RunningService(plan, roster).run()
        }
    }

    /// What the help of a worker says that it does.
    private static func purpose(_ enlist: (inout Roster) throws(SettingsError) -> Void) -> String {
        var roster = Roster(settings: Settings([:]))
        try? enlist(&roster)
        return "serves " + roster.handlers.map(\.name.rawValue).joined(separator: ", ")
    }

    /// Runs a process that is not a worker, such as the relay; does not return.
    ///
    /// - Parameters:
    ///   - purpose: what it does, as its help says it after its name.
    ///   - body: reads what settings it needs, calls `plan.settings.check()`, and runs to its end.
    package static func host(
        _ name: String, _ purpose: @autoclosure () -> String,
        arguments: [String] = Array(CommandLine.arguments.dropFirst()),
        _ body: (inout ServicePlan) throws(SettingsError) -> Void
    ) -> Never {
        if let answer = Usage.answer(to: arguments, name, purpose()) { answer.give() }
        Signals.block()
        do throws(SettingsError) {
            var plan = try ServicePlan(name)
            try body(&plan)
            exit(0)
        } catch {
            note(error)
            exit(EX_CONFIG)
        }
    }

    /// Before there is a logger, stderr is what people read.
    private static func note(_ error: SettingsError) {
        for problem in error.problems {
            let line = Array("\(problem)\n".utf8)
            _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
        }
    }
}

/// What the environment says about one process.
package struct ServicePlan: Sendable {
    /// The executable, as logs and health checks show it.
    package let name: String
    /// The environment, for settings of the process's own.
    package var settings: Settings
    /// Where broker, database and keys are.
    package let addresses: Addresses
    /// The keys for what is stored.
    package let keys: KeyRing
    /// Where lines go.
    package let log: Logger
    let httpAddress: String
    let httpPort: Int
    /// `PREFETCH`; what the workers need when it is not set.
    package let prefetch: Int?
    /// `CONCURRENCY`; what the workers need when it is not set.
    let concurrency: Int?
    /// How long a queue may deliver nothing before its consumer is started anew.
    let renewal: Duration
    /// How long a thread may stand still.
    package let patience: Patience
    var limits = ConsumerLoop.Limits()
    /// Where spans go; `nil` when nothing says so.
    var tracing: TraceSettings?

    init(_ name: String) throws(SettingsError) {
        self.name = name
        var settings = Settings()
        addresses = Addresses(reading: &settings)
        let level = settings.choice("LOG_LEVEL", default: LogLevelName.info)
        let format: Logger.Format? =
            settings.text("LOG_FORMAT") == nil ? nil : settings.choice("LOG_FORMAT", default: Logger.Format.json)
        log = Logger(service: name, version: Service.version, level: level.level, format: format)
        httpAddress = settings.text("HTTP_ADDRESS") ?? "127.0.0.1"
        httpPort = settings.integer("PORT", in: 0...65_535, default: 0)
        prefetch = settings.text("PREFETCH") == nil ? nil : settings.integer("PREFETCH", in: 1...10_000, default: 1)
        renewal = settings.duration("CONSUMER_RENEWAL", default: .seconds(60))
        concurrency =
            settings.text("CONCURRENCY") == nil ? nil : settings.integer("CONCURRENCY", in: 1...16, default: 1)
        let wish =
            settings.text("LIVENESS_PATIENCE") == nil
            ? nil : settings.duration("LIVENESS_PATIENCE", default: .seconds(60))
        patience = Patience(wish: wish)
        // An idle loop comes round once a second.
        if let wish, wish < .seconds(2) { settings.refuse("LIVENESS_PATIENCE must not be less than 2s") }
        limits.grace = settings.duration("SHUTDOWN_GRACE", default: limits.grace)
        limits.hold = settings.duration("HOLD_LIMIT", default: limits.hold)
        limits.lease = settings.duration("RUN_LEASE", default: limits.lease)
        if !(Duration.seconds(1)...Duration.seconds(3600)).contains(limits.lease) {
            settings.refuse("RUN_LEASE takes a duration from 1s to 1h")
        }
        var keys = KeyRing.generate()
        if let file = addresses.keyFile {
            do throws(SealingError) { keys = try KeyRing(contentsOf: file) } catch {
                settings.refuse("RUCHE_KEY_FILE: \(error)")
            }
        } else {
            settings.refuse("RUCHE_KEY_FILE is not set; make a key with: ruche keys generate FILE")
        }
        self.keys = keys
        self.settings = settings
    }
}

/// The names of ``LogLevel`` as people write them.
private enum LogLevelName: String, CaseIterable {
    case trace, debug, info, warning, error

    var level: LogLevel { LogLevel.allCases.first { $0.name == rawValue }! }
}

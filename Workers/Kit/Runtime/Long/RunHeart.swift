import Contracts
import Postgres

/// Renews the leases of what a process runs, all in one statement, and hears what others want of them. On a thread and
/// a connection of its own: no handler and no write delays it.
final class RunHeart {
    private let slots: RunSlots
    private let interval: Duration
    private let log: Logger
    private let pulse: Pulse
    private let database: Database

    init(slots: RunSlots, lease: Duration, log: Logger, pulse: Pulse, database: Database) {
        self.slots = slots
        interval = Self.interval(of: lease)
        self.log = log
        self.pulse = pulse
        self.database = database
    }

    /// How often a lease is renewed: several times may fail.
    static func interval(of lease: Duration) -> Duration { lease / 6 }

    /// The body of the thread.
    func run(until ended: Stop) {
        var next = Monotonic.now
        while !ended.wait(for: max(.milliseconds(1), min(next - .now, .seconds(1)))) {
            pulse.beat()
            guard Monotonic.now >= next else { continue }
            next = .now + (beat() ? interval : min(interval, .milliseconds(500)))
        }
        database.close()
        pulse.finish()
    }

    /// Renews every lease. Returns whether the database answered.
    private func beat() -> Bool {
        let runs = Dictionary(slots.held.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        guard !runs.isEmpty else { return true }
        let (sentAt, instant) = (Monotonic.now, ContinuousClock.now)
        do throws(PostgresError) {
            let rows = try database.open().query(Ledger.beat(runs.values.map(\.begun.claim.held)))
            var lost = runs
            for row in 0..<rows.count {
                guard let run = runs[try rows.get(row, 0)], run.begun.claim.held.fence == (try rows.get(row, 1))
                else { continue }
                lost[run.key] = nil
                if try rows.get(row, 4, as: Bool.self) { run.renewed(sentAt, instant) }
                if try rows.get(row, 2, as: Bool.self) {
                    run.ask(.cancelled(try rows.get(row, 3, as: String?.self) ?? ""))
                }
            }
            // One that has just ended is not there either, and does not mind.
            for run in lost.values { run.ask(.lost) }
            return true
        } catch {
            log.warning("leases could not be renewed", [(.error, .string("\(error)"))])
            database.leave(after: error)
            return false
        }
    }
}

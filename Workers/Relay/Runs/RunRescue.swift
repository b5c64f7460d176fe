import Contracts
import Runtime

/// Takes runs from holders that give no sign of life, and has them woken elsewhere. Every second, by every relay: of
/// several the first does it.
final class RunRescue: Duty {
    private let meter: RelayMeter
    private let log: Logger
    private var watch = RunWatch(longestGap: RunRescue.period * 2)
    private var connection: Connection?

    private static let period = Duration.seconds(1)

    init(meter: RelayMeter, log: Logger) {
        self.meter = meter
        self.log = log
    }

    func pass(_ connection: Connection) throws(PostgresError) -> Duration {
        if self.connection !== connection {
            self.connection = connection
            watch.begin()
        }
        let finding = watch.look(try look(connection), at: .now)
        if !finding.silent.isEmpty { try rescue(finding.silent, connection) }
        if !finding.asleep.isEmpty {
            try connection.execute(Ledger.wake(keys: finding.asleep.map(\.key), fences: finding.asleep.map(\.fence)))
        }
        return Self.period
    }

    private func look(_ connection: Connection) throws(PostgresError) -> [RunWatch.Sight] {
        let rows = try connection.query(Ledger.watchedRuns)
        var sights: [RunWatch.Sight] = []
        sights.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            sights.append(
                RunWatch.Sight(
                    key: try rows.get(row, 0), fence: try rows.get(row, 1), beats: try rows.get(row, 2),
                    lease: .milliseconds(try rows.get(row, 3, as: Int.self)), isQueued: try rows.get(row, 4)))
        }
        return sights
    }

    private func rescue(_ runs: [RunWatch.Sight], _ connection: Connection) throws(PostgresError) {
        #if FAULTS
        if Faults.reach(.runRescue, .before) { connection.cut() }
        #endif
        let rows = try connection.query(
            Ledger.rescue(keys: runs.map(\.key), fences: runs.map(\.fence), beats: runs.map(\.beats)))
        #if FAULTS
        if Faults.reach(.runRescue, .after) {
            connection.cut()
            throw PostgresError.lostAnswer()
        }
        #endif
        for row in 0..<rows.count {
            let (command, id): (String, String) = (try rows.get(row, 1), try rows.get(row, 2))
            let holder: String = try rows.get(row, 3)
            log.warning(
                "a run is taken from its holder",
                [(.command, .string(command)), (.jobID, .string(id)), (.holder, .string(holder))])
        }
        meter.rescued(rows.count)
    }
}

extension LogKey {
    /// The process that had something.
    static let holder = LogKey("job.holder")
}

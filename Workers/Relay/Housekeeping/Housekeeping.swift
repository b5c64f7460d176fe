import Contracts
import Runtime

/// Makes partitions ahead, drops old ones, removes expired uploads and rows past their horizon, merges small chunks of
/// lines. At start and every hour, by one relay at a time.
final class Housekeeping: Duty {
    /// How long what is kept.
    struct Horizons: Sendable {
        /// Days that jobs and events are kept.
        var retention = 31
        /// Days that ids are remembered; at most `retention`, so that a known command can be answered.
        var deduplication = 30
        /// Days that ended leases, sessions that no server refers to, strays and the audit are kept.
        var history = 365
        /// How long a task is kept after it ended.
        var tasks = Duration.seconds(30 * 86_400)
        /// How long the lines of a run's log are kept.
        var runs = Duration.seconds(90 * 86_400)
        /// How long lines of logs are kept after they arrived.
        var logs = Duration.seconds(30 * 86_400)
        /// Days that partitions are made ahead.
        var ahead = 14

        /// ``logs`` in whole days: lines are dropped by the day, none before its time.
        var logDays: Int { Int((logs.milliseconds + 86_399_999) / 86_400_000) }
    }

    private let horizons: Horizons
    private let stop: Stop
    private let meter: RelayMeter
    private let log: Logger
    private var nextVisit = Monotonic.distantPast
    /// Tables that this visit has still to walk through, the next one last.
    private var left: [PrunedTable] = []
    private var walk: PruneWalk?
    /// Where the pruning of each table goes on. The first start is anywhere, so that relays which restart often cover
    /// the tables too.
    private var positions: [PrunedTable: Int] = [:]
    private var pruned = 0
    private var merge = LogMerge()
    /// Whether this visit has come to the merging.
    private var isMerging = false

    static let interval = Duration.seconds(3600)

    init(horizons: Horizons, stop: Stop, meter: RelayMeter, log: Logger) {
        self.horizons = horizons
        self.stop = stop
        self.meter = meter
        self.log = log
    }

    func pass(_ connection: Postgres.Connection) throws(PostgresError) -> Duration {
        do throws(PostgresError) { return try visit(connection) } catch {
            abandon()
            throw error
        }
    }

    /// Forgets a visit that was cut short: its lock ended with the connection, and another relay may have it. The next
    /// pass asks for it anew.
    private func abandon() {
        if let table = left.last, let walk { positions[table] = walk.position }
        walk = nil
        left = []
        pruned = 0
        isMerging = false
        nextVisit = Monotonic.distantPast
    }

    private func visit(_ connection: Postgres.Connection) throws(PostgresError) -> Duration {
        if let table = left.last { return try prune(table, connection) }
        let now = Monotonic.now
        if isMerging {
            // What is left when the next visit is due goes on at its end.
            if now < nextVisit, let rest = try mergeChunks(connection) { return rest }
            isMerging = false
            _ = try connection.query(HousekeepingStatements.unlock)
            return .zero
        }
        guard now >= nextVisit else { return nextVisit - now }
        if try connection.query(HousekeepingStatements.lock).get(0, 0, as: Bool.self) {
            for table in DayTable.allCases { try make(table, connection) }
            for table in DayTable.allCases { try drop(table, connection) }
            try dropUploads(connection)
            left = PrunedTable.allCases.reversed()
        }
        nextVisit = now + Self.interval
        return .zero
    }

    private func make(_ table: DayTable, _ connection: Postgres.Connection) throws(PostgresError) {
        do throws(PostgresError) {
            let made: Int = try withPatience(
                HousekeepingStatements.makeDays(table.rawValue, ahead: horizons.ahead), connection)
            if made > 0 { log.info("partitions made", [(.table, .string(table.rawValue)), (.count, .int(made))]) }
        } catch {
            try tolerate(error, "partitions could not be made; next try in an hour", table.rawValue)
        }
    }

    private func drop(_ table: DayTable, _ connection: Postgres.Connection) throws(PostgresError) {
        let oldest: Int? = try connection.query(HousekeepingStatements.oldestDay(table.rawValue)).get(0, 0)
        let retention = table.retention(horizons)
        guard let oldest, oldest > retention else { return }
        let keep = max(retention, try table.holdsOpenJobs ? openDays(connection) : 0)
        do throws(PostgresError) {
            let dropped: Int = try withPatience(HousekeepingStatements.dropDays(table.rawValue, keep: keep), connection)
            meter.droppedDays(dropped)
            if dropped > 0 {
                log.info("partitions dropped", [(.table, .string(table.rawValue)), (.count, .int(dropped))])
            }
        } catch {
            try tolerate(error, "partitions could not be dropped; next try in an hour", table.rawValue)
        }
    }

    /// The age of the oldest open job past retention; 0 when there is none.
    private func openDays(_ connection: Postgres.Connection) throws(PostgresError) -> Int {
        let open: Int? = try connection.query(
            HousekeepingStatements.oldestOpen(olderThan: horizons.retention)
        ).get(0, 0)
        if let open { log.warning("an open job keeps old partitions", [(.days, .int(open))]) }
        return open ?? 0
    }

    /// Runs a change of partitions that gives up instead of blocking inserts behind a long reader.
    private func withPatience(_ sql: SQL, _ connection: Postgres.Connection) throws(PostgresError) -> Int {
        try connection.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) -> Int in
            _ = tx.send(HousekeepingStatements.patience)
            return try tx.query(sql).get(0, 0)
        }
    }

    /// A lock that is taken, a table that is busy: logged. A lost connection ends the visit.
    private func tolerate(
        _ error: PostgresError, _ message: StaticString, _ table: String
    ) throws(PostgresError) {
        guard !error.isConnectionLost else { throw error }
        log.warning(message, [(.table, .string(table)), (.error, .string("\(error)"))])
    }

    private func dropUploads(_ connection: Postgres.Connection) throws(PostgresError) {
        while !stop.isRequested, try connection.execute(HousekeepingStatements.dropUploads) > 0 {}
    }

    /// One piece of the walk through a table, then a pause if there was something to delete.
    private func prune(_ table: PrunedTable, _ connection: Postgres.Connection) throws(PostgresError) -> Duration {
        do throws(PostgresError) {
            if walk == nil {
                let start = positions[table] ?? .random(in: 0..<Int(Int32.max))
                walk = PruneWalk(from: start, pages: try connection.query(table.pages).get(0, 0))
            }
            for _ in 0..<32 {
                guard let pages = walk?.next() else { return try end(table, connection) }
                let deleted = try connection.execute(table.prune(pages, horizons))
                pruned += deleted
                meter.pruned(deleted, from: table)
                if deleted > 0 { return .milliseconds(20) }
            }
            return .zero
        } catch {
            try tolerate(error, "old rows could not be deleted; next try in an hour", table.rawValue)
            return try end(table, connection)
        }
    }

    /// Goes on to the next table, or ends the visit.
    private func end(_ table: PrunedTable, _ connection: Postgres.Connection) throws(PostgresError) -> Duration {
        positions[table] = walk?.position
        walk = nil
        left.removeLast()
        if pruned > 0 {
            log.info("rows past their horizon deleted", [(.table, .string(table.rawValue)), (.count, .int(pruned))])
        }
        pruned = 0
        isMerging = left.isEmpty
        return .zero
    }

    /// One piece of the merging; `nil` when it is over for this visit.
    private func mergeChunks(_ connection: Postgres.Connection) throws(PostgresError) -> Duration? {
        do throws(PostgresError) { return try merge.advance(connection) { [meter] in meter.merged($0) } } catch {
            try tolerate(error, "small chunks could not be merged; next try in an hour", "log_chunk")
            return nil
        }
    }
}

extension LogKey {
    static let table = LogKey("postgres.table")
    static let days = LogKey("days")
}

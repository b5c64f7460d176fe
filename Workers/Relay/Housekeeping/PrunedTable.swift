import Contracts
import Runtime

/// The tables that grow for ever unless old rows are deleted from them, and which rows those are.
///
/// What is not here does not grow, or has its own way: `job`, `event` and the lines of logs are dropped by the day,
/// uploads when they expire, `outbox` and `schedule` when they are published, runs and their targets when they end;
/// servers, their sessions and their addresses are what there is, `queue_control` has a row a command, and `log_merge`
/// a single one.
enum PrunedTable: String, Sendable, CaseIterable {
    case keys = "job_key"
    case importErrors = "import_error"
    case leases = "lease"
    case tasks = "task"
    case runEvents = "run_event"
    case sessions = "session"
    case logStreams = "log_stream"
    case strays = "stray"
    case audit = "audit"

    /// How many pages the table has.
    var pages: SQL {
        "SELECT pg_relation_size(\(rawValue)::regclass) / current_setting('block_size')::bigint"
    }

    /// Deletes the rows within these pages that are past their horizon.
    func prune(_ pages: Range<Int>, _ horizons: Housekeeping.Horizons) -> SQL {
        let first = "(\(pages.lowerBound),0)"
        let end = "(\(pages.upperBound),0)"
        let retention = Int32(clamping: horizons.retention)
        let history = Int32(clamping: horizons.history)
        switch self {
        case .keys:
            // Of commands that have their outcome only.
            return """
                DELETE FROM job_key WHERE ctid >= \(first)::tid AND ctid < \(end)::tid
                AND day < current_date - \(Int32(clamping: horizons.deduplication))
                AND state IN ('s', 'r', 'f', 'd', 'c')
                """
        case .importErrors:
            return """
                DELETE FROM import_error WHERE ctid >= \(first)::tid AND ctid < \(end)::tid
                AND created_at < current_date - \(retention)
                """
        case .leases:
            // One that is held is never old.
            return """
                DELETE FROM lease WHERE ctid >= \(first)::tid AND ctid < \(end)::tid
                AND ended_at < current_date - \(history)
                """
        case .tasks:
            // An open one has no end.
            return """
                DELETE FROM task WHERE ctid >= \(first)::tid AND ctid < \(end)::tid
                AND ended_at < now() - \(horizons.tasks.seconds) * interval '1 second'
                """
        case .runEvents:
            // Not of a run that goes on: its next line follows the last.
            return """
                DELETE FROM run_event e WHERE e.ctid >= \(first)::tid AND e.ctid < \(end)::tid
                AND e.at < now() - \(horizons.runs.seconds) * interval '1 second'
                AND NOT EXISTS (SELECT FROM run r WHERE r.key = e.key)
                """
        case .sessions:
            return """
                DELETE FROM session s WHERE s.ctid >= \(first)::tid AND s.ctid < \(end)::tid
                AND s.created_at < current_date - \(history)
                AND NOT EXISTS (SELECT FROM server v WHERE v.session = s.id)
                """
        case .logStreams:
            // All its lines arrived before the last day that is kept.
            return """
                DELETE FROM log_stream WHERE ctid >= \(first)::tid AND ctid < \(end)::tid
                AND seen < utc_day() - \(Int32(clamping: horizons.logDays + 1))
                """
        case .strays:
            return """
                DELETE FROM stray WHERE ctid >= \(first)::tid AND ctid < \(end)::tid
                AND received_at < current_date - \(history)
                """
        case .audit:
            return """
                DELETE FROM audit WHERE ctid >= \(first)::tid AND ctid < \(end)::tid
                AND at < current_date - \(history)
                """
        }
    }
}

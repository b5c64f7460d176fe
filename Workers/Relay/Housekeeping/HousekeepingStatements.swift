import Contracts
import Runtime

/// The statements of the housekeeping.
enum HousekeepingStatements {
    /// Lets one relay at a time keep house.
    static let lock: SQL = "SELECT pg_try_advisory_lock(hashtextextended('ruche.housekeeping', 0))"
    /// All, because a session counts how often it took a lock, and a visit that failed half-way took it again.
    static let unlock: SQL = "SELECT pg_advisory_unlock_all()"

    /// How long a change of partitions may wait for a long reader. Every insert queues behind it meanwhile.
    static let patience: SQL = "SET LOCAL lock_timeout = '500ms'"

    static func makeDays(_ table: String, ahead: Int) -> SQL {
        "SELECT make_days(\(table)::regclass, \(Int32(clamping: ahead)))"
    }

    static func dropDays(_ table: String, keep: Int) -> SQL {
        "SELECT drop_days(\(table)::regclass, \(Int32(clamping: keep)))"
    }

    /// The age in days of the oldest partition of a table.
    static func oldestDay(_ table: String) -> SQL {
        """
        SELECT utc_day() - min(right(c.relname, 8)::date)
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = \(table)::regclass AND c.relname ~ '_[0-9]{8}$'
        """
    }

    /// The age in days of the oldest job that has no outcome, if it is older than `days`. Its partition must stay: its
    /// outcome will be written there.
    static func oldestOpen(olderThan days: Int) -> SQL {
        """
        SELECT current_date - min(day) FROM job_key
        WHERE day < current_date - \(Int32(clamping: days)) AND state IN ('x', 'w', 'p', 'l')
        """
    }

    /// Removes a few expired uploads with their chunks.
    static let dropUploads: SQL = """
        DELETE FROM upload WHERE id IN (
            SELECT id FROM upload WHERE expires_at <= now() LIMIT 10 FOR UPDATE SKIP LOCKED)
        """
}

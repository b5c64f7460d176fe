import Contracts
import Runtime

/// The statements of the schedule's mover.
enum ScheduleStatements {
    /// The earliest row of every command, and the database's clock. A loose index scan: two probes a command, however
    /// many rows wait.
    static let heads: SQL = """
        WITH RECURSIVE head AS (
            (SELECT command, due_at FROM schedule ORDER BY command, due_at LIMIT 1)
            UNION ALL
            SELECT next.command, next.due_at FROM head CROSS JOIN LATERAL (
                SELECT command, due_at FROM schedule WHERE command > head.command
                ORDER BY command, due_at LIMIT 1) AS next)
        SELECT command, due_at, clock_timestamp() FROM head
        """

    /// Locks the earliest due rows of a command. A row that somebody else is moving, or that a worker is rescheduling,
    /// is passed over.
    static func take(_ command: String, limit: Int) -> SQL {
        """
        SELECT subject, version, tenant, message_id, turn, correlation_id, reply_to, traceparent, expires_at, payload,
            kind, tracestate
        FROM schedule WHERE command = \(command) AND due_at <= now()
        ORDER BY due_at LIMIT \(Int64(limit)) FOR UPDATE SKIP LOCKED
        """
    }

    /// Forgets rows whose command the broker has confirmed.
    static func forget(_ subjects: [UniqueID]) -> SQL {
        "DELETE FROM schedule WHERE subject = ANY(\(subjects))"
    }

    /// Moves rows to a later time; everything else, the cause included, stays as it is.
    static func postpone(_ subjects: [UniqueID], by delay: Duration) -> SQL {
        """
        UPDATE schedule SET due_at = clock_timestamp() + \(delay.seconds) * interval '1 second'
        WHERE subject = ANY(\(subjects))
        """
    }
}

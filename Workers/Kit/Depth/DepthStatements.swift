import Postgres

/// The statements of a look. What each reads is bounded: a minute of the ledger, or a number of rows.
enum DepthStatements {
    /// What was admitted in the last minute: how many, how long nine of ten waited, and when the last was sent. A job
    /// is there once, however often it is tried again.
    static let admitted: SQL = """
        SELECT command, count(*), (extract(epoch FROM percentile_disc(0.9) WITHIN GROUP (
                ORDER BY greatest(admitted_at - enqueued_at, interval '0')) FILTER (WHERE enqueued_at IS NOT NULL)
            ))::float8, max(enqueued_at)
        FROM job WHERE day >= current_date - 1 AND admitted_at > now() - interval '1 minute' GROUP BY command
        """

    /// Long commands behind their messages. There are as many as there are slots, and those that were handed over.
    static let runs: SQL = """
        SELECT command, count(*) FILTER (WHERE state = 'q'), count(*) FILTER (WHERE state = 'r') FROM run
        WHERE state IN ('q', 'r') GROUP BY command
        """

    /// Of each command in the schedule: how many, how many are due, how many five seconds ago, how late the earliest
    /// is.
    static func scheduled(upTo limit: Int) -> SQL {
        """
        WITH RECURSIVE head AS (
            (SELECT command, due_at FROM schedule ORDER BY command, due_at LIMIT 1)
            UNION ALL
            SELECT next.command, next.due_at FROM head CROSS JOIN LATERAL (
                SELECT command, due_at FROM schedule WHERE command > head.command
                ORDER BY command, due_at LIMIT 1) AS next)
        SELECT command,
            (SELECT count(*) FROM (
                SELECT FROM schedule WHERE command = head.command LIMIT \(limit)) AS all_rows),
            (SELECT count(*) FROM (
                SELECT FROM schedule WHERE command = head.command AND due_at <= now() LIMIT \(limit)) AS due),
            (SELECT count(*) FROM (
                SELECT FROM schedule WHERE command = head.command AND due_at < now() - interval '5 seconds'
                LIMIT \(limit)) AS overdue),
            greatest(extract(epoch FROM now() - due_at), 0)::float8
        FROM head
        """
    }

    /// Dead jobs that nobody has dealt with. Without the second condition on the state the index of what did not
    /// succeed would not serve.
    static func dead(_ commands: [String], upTo limit: Int) -> SQL {
        """
        SELECT name, (SELECT count(*) FROM (
            SELECT FROM job WHERE command = name AND state = 'd' AND state <> 's' AND handled_at IS NULL
            LIMIT \(limit)) AS rows)
        FROM unnest(\(commands)) AS name
        """
    }

    /// Outbox, strays, paused commands, and the clock.
    static func rest(upTo limit: Int) -> SQL {
        """
        SELECT (SELECT count(*) FROM (SELECT FROM outbox LIMIT \(limit)) AS o),
            (SELECT extract(epoch FROM now() - e.at)::float8
             FROM (SELECT days[1] AS day, keys[1] AS key, sequences[1] AS sequence FROM outbox ORDER BY id LIMIT 1) AS o
             JOIN event e USING (day, key, sequence)),
            (SELECT min(due_at) FROM (SELECT due_at FROM outbox ORDER BY id LIMIT \(limit)) AS o WHERE due_at < now()),
            (SELECT count(*) FROM (SELECT FROM stray LIMIT \(limit)) AS s),
            (SELECT coalesce(array_agg(command), '{}') FROM queue_control WHERE paused),
            now()
        """
    }
}

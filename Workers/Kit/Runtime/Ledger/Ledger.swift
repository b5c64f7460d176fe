package import Contracts
package import Postgres

/// The statements of the ledger, by name. All are set-based: one statement a batch, columns as array parameters, sorted
/// by key, so that two workers take their row locks in one order.
package enum Ledger {
    /// Admits what ``Admission/decide(_:_:)`` would run; the others get no row back.
    ///
    /// The row is written as if the command had succeeded already: most do, and ``settle(_:)`` corrects the others in
    /// the same transaction.
    package static func admit(keys: [UniqueID], turns: [Int32], hashes: [Bytes]) -> SQL {
        """
        INSERT INTO job_key AS k (key, day, state, turn, attempt, sequence, body_hash)
        SELECT u.key, current_date, 's', u.turn, 1, 1, u.hash
        FROM unnest(\(keys), \(turns), \(hashes)) AS u (key, turn, hash)
        ON CONFLICT (key) DO UPDATE
        SET state = 's', turn = EXCLUDED.turn, attempt = k.attempt + 1, sequence = k.sequence + 1
        WHERE k.state IN ('x', 'w', 'p') AND EXCLUDED.turn >= k.turn AND k.body_hash = EXCLUDED.body_hash
        RETURNING k.key, k.day, k.attempt, k.sequence, k.xmax = 0
        """
    }

    /// What the ledger knows of commands it did not admit, with the last event of each.
    package static func known(keys: [UniqueID]) -> SQL {
        """
        SELECT k.key, k.state, k.turn, k.body_hash, e.type, e.body
        FROM job_key k LEFT JOIN event e ON e.day = k.day AND e.key = k.key AND e.sequence = k.sequence
        WHERE k.key = ANY(\(keys))
        """
    }

    /// Counts a start in the solo lane. Returns the number of starts nobody saw the end of, this one included; no row
    /// when the command is not to be run at all: a turn without a row is past the horizon and starts nothing.
    package static func startAlone(key: UniqueID, turn: Int32, hash: Bytes) -> SQL {
        """
        INSERT INTO job_key AS k (key, day, state, turn, attempt, sequence, solo_starts, body_hash)
        SELECT \(key), current_date, 'x', \(turn), 0, 0, 1, \(hash)
        WHERE \(turn) = 0 OR EXISTS (SELECT FROM job_key WHERE key = \(key))
        ON CONFLICT (key) DO UPDATE SET state = 'x', turn = EXCLUDED.turn, solo_starts = k.solo_starts + 1
        WHERE k.state IN ('x', 'w', 'p') AND EXCLUDED.turn >= k.turn AND k.body_hash = EXCLUDED.body_hash
        RETURNING k.solo_starts
        """
    }

    /// Whether the ledger knows this command as dead.
    static func dead(key: UniqueID) -> SQL {
        "SELECT EXISTS (SELECT FROM job_key WHERE key = \(key) AND state = 'd')"
    }

    /// Takes back starts whose process is still there: what ended them was not the command.
    static func takeBackStarts(keys: [UniqueID]) -> SQL {
        """
        UPDATE job_key SET solo_starts = greatest(solo_starts - 1, 0) WHERE key = ANY(\(keys)) AND state = 'x'
        """
    }

    /// The detail of a batch. A command that has been here before (a retry, a replay, a solo start) is brought up to
    /// date.
    static func writeJobs(_ jobs: JobColumns) -> SQL {
        """
        INSERT INTO job (day, key, id, command, tenant, state, attempt, reason, payload, correlation_id, traceparent,
            tracestate, enqueued_at, finished_at, worker)
        SELECT u.day, u.key, u.id, \(jobs.command), u.tenant, u.state::"char", u.attempt, u.reason, u.payload,
            u.correlation, u.trace, u.vendors, u.enqueued, CASE WHEN u.finished THEN now() END, \(jobs.worker)
        FROM unnest(\(jobs.days), \(jobs.keys), \(jobs.ids), \(jobs.tenants), \(jobs.states), \(jobs.attempts),
            \(jobs.reasons), \(jobs.payloads), \(jobs.correlations), \(jobs.traces.parents), \(jobs.traces.states),
            \(jobs.enqueued), \(jobs.finished))
            AS u (day, key, id, tenant, state, attempt, reason, payload, correlation, trace, vendors, enqueued,
            finished)
        ON CONFLICT (day, key) DO UPDATE SET state = EXCLUDED.state, attempt = EXCLUDED.attempt,
            reason = EXCLUDED.reason, payload = coalesce(EXCLUDED.payload, job.payload),
            finished_at = EXCLUDED.finished_at, worker = EXCLUDED.worker
        """
    }

    /// Events, exactly as they are published.
    static func insertEvents(_ events: EventColumns) -> SQL {
        """
        INSERT INTO event (day, key, sequence, type, body)
        SELECT * FROM unnest(\(events.days), \(events.keys), \(events.sequences), \(events.types), \(events.bodies))
        """
    }

    /// One outbox row for all events of this transaction. Returns its id.
    static func insertOutbox(_ events: EventColumns) -> SQL {
        """
        INSERT INTO outbox (days, keys, sequences)
        VALUES (\(events.days), \(events.keys), \(events.sequences)) RETURNING id
        """
    }

    /// Forgets outbox rows whose events are all confirmed.
    package static func forgetOutbox(ids: [Int64]) -> SQL {
        "DELETE FROM outbox WHERE id = ANY(\(ids))"
    }

    /// Corrects the keys of commands that did not succeed. Their end was seen, so their solo starts count no more.
    static func settle(_ keys: KeyColumns) -> SQL {
        """
        UPDATE job_key k SET state = u.state::"char", turn = u.turn, attempt = u.attempt, solo_starts = 0
        FROM unnest(\(keys.keys), \(keys.states), \(keys.turns), \(keys.attempts)) AS u (key, state, turn, attempt)
        WHERE k.key = u.key
        """
    }

    /// Ends commands that have no outcome yet, but for runs that somebody holds. Returns what
    /// ``admit(keys:turns:hashes:)`` returns, of those it ended.
    static func cancel(keys: [UniqueID]) -> SQL {
        """
        UPDATE job_key SET state = 'c', sequence = sequence + 1, solo_starts = 0
        WHERE key = ANY(\(keys)) AND (state IN ('x', 'w', 'p')
            OR state = 'l' AND EXISTS (SELECT FROM run WHERE run.key = job_key.key AND run.state = 'q'))
        RETURNING key, day, attempt, sequence, false
        """
    }

    /// Writes deadlines; a subject that is scheduled already is moved.
    static func schedule(_ rows: ScheduleColumns) -> SQL {
        """
        INSERT INTO schedule (subject, due_at, command, version, kind, tenant, message_id, turn, correlation_id,
            reply_to, traceparent, tracestate, expires_at, payload, cause)
        SELECT * FROM unnest(\(rows.subjects), \(rows.due), \(rows.commands), \(rows.versions), \(rows.kinds),
            \(rows.tenants), \(rows.messageIDs), \(rows.turns), \(rows.correlations), \(rows.replies),
            \(rows.traces.parents), \(rows.traces.states), \(rows.expiries), \(rows.payloads), \(rows.causes))
        ON CONFLICT (subject) DO UPDATE SET due_at = EXCLUDED.due_at, command = EXCLUDED.command,
            version = EXCLUDED.version, kind = EXCLUDED.kind, message_id = EXCLUDED.message_id, turn = EXCLUDED.turn,
            traceparent = EXCLUDED.traceparent, tracestate = EXCLUDED.tracestate, payload = EXCLUDED.payload,
            cause = EXCLUDED.cause
        """
    }

    /// Takes deadlines back.
    static func unschedule(subjects: [UniqueID]) -> SQL {
        "DELETE FROM schedule WHERE subject = ANY(\(subjects))"
    }

    /// Tries to take a slot of a cap for the length of the transaction.
    static func takeSlot(name: String, slot: Int64) -> SQL {
        "SELECT pg_try_advisory_xact_lock(hashtextextended(\(name), \(slot)))"
    }
}

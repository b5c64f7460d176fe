package import Contracts
package import Postgres

/// The statements of runs. Where a statement names a fence it changes nothing when the run has another by now.
extension Ledger {
    /// Begins the run of a command that was just admitted, or goes on with one whose next passage this is. Returns what
    /// ``RunClaim`` reads.
    static func begin(_ run: Deadline, attempt: Int, payload: Bytes, by terms: RunTerms) -> SQL {
        """
        INSERT INTO run AS r (key, command, state, fence, lease_until, lease_ms, holder, worker, attempt, version,
            tenant, message_id, turn, correlation_id, reply_to, traceparent, tracestate, payload)
        VALUES (\(run.subject), \(run.command.rawValue), 'r', 1,
            clock_timestamp() + \(terms.leaseMilliseconds) * interval '1 millisecond', \(terms.leaseMilliseconds),
            \(terms.holder), \(terms.worker), \(Int16(clamping: attempt)), \(Int16(clamping: run.version)),
            \(run.tenant), \(run.messageID), \(Int32(clamping: run.turn)), \(run.correlationID), \(run.replyTo),
            \(run.trace?.parent), \(run.trace?.state), \(payload))
        ON CONFLICT (key) DO UPDATE SET state = 'r', fence = r.fence + 1, lease_until = EXCLUDED.lease_until,
            lease_ms = EXCLUDED.lease_ms, beats = r.beats + 1, writes = 0, holder = EXCLUDED.holder,
            worker = EXCLUDED.worker, attempt = EXCLUDED.attempt, starts = 1, turn = EXCLUDED.turn,
            reply_to = EXCLUDED.reply_to, claimed_at = clock_timestamp(), cancel_requested = false, cancel_reason = NULL
        RETURNING fence, checkpoint::text, starts, cancel_requested, cancel_reason
        """
    }

    /// Claims a run that waits for somebody: one that is queued; one of this very process whose claim was committed
    /// without an answer; and one whose lease is over, if this process was there to see that its holder did not renew
    /// it. Returns what ``RunClaim`` reads, or no row.
    static func claim(key: UniqueID, by terms: RunTerms) -> SQL {
        """
        UPDATE run SET state = 'r', fence = fence + 1,
            lease_until = clock_timestamp() + \(terms.leaseMilliseconds) * interval '1 millisecond',
            lease_ms = \(terms.leaseMilliseconds), beats = beats + 1, writes = 0, holder = \(terms.holder),
            worker = \(terms.worker), starts = starts + 1, claimed_at = clock_timestamp()
        WHERE key = \(key) AND (state = 'q' OR state = 'r' AND (
            holder = \(terms.holder) AND NOT \(terms.holds(key))
            OR \(terms.mayTakeOver) AND holder <> \(terms.holder) AND lease_until < clock_timestamp()))
        RETURNING fence, checkpoint::text, starts, cancel_requested, cancel_reason
        """
    }

    /// Numbers the next event of a run, and books it as if it had succeeded: ``settle(_:)`` corrects the others in the
    /// same transaction. Returns what ``admit(keys:turns:hashes:)`` returns; no row when it is no run any more.
    static func reopen(key: UniqueID) -> SQL {
        """
        UPDATE job_key SET state = 's', sequence = sequence + 1 WHERE key = \(key) AND state = 'l'
        RETURNING key, day, attempt, sequence, false
        """
    }

    /// Numbers the next event of a run that goes on. Returns what ``admit(keys:turns:hashes:)`` returns.
    static func advance(key: UniqueID) -> SQL {
        """
        UPDATE job_key SET sequence = sequence + 1 WHERE key = \(key) AND state = 'l'
        RETURNING key, day, attempt, sequence, false
        """
    }

    /// Begins a holder's write, the `number`th under its fence: keeps everybody else off the run until the transaction
    /// ends, and is a sign of life. No row: the run is somebody else's by now, or this write was made.
    static func write(_ run: HeldKey, number: Int64) -> SQL {
        """
        UPDATE run SET writes = \(number), beats = beats + 1,
            lease_until = clock_timestamp() + lease_ms * interval '1 millisecond'
        WHERE key = \(run.key) AND fence = \(run.fence) AND state = 'r' AND writes = \(number) - 1 RETURNING key
        """
    }

    /// Whether the `number`th write under a fence was made.
    static func hasWritten(_ run: HeldKey, number: Int64) -> SQL {
        """
        SELECT EXISTS (
            SELECT FROM run WHERE key = \(run.key) AND fence = \(run.fence) AND state = 'r' AND writes >= \(number))
        """
    }

    /// Whether its holder has ended a run, or its passage: nobody else may.
    static func hasEnded(_ run: HeldKey) -> SQL {
        """
        SELECT NOT EXISTS (
            SELECT FROM run WHERE key = \(run.key) AND NOT (state = 'w' AND fence = \(run.fence) + 1))
        """
    }

    /// Keeps where the next holder goes on; whoever begins there has not killed anybody yet, if it is further on.
    static func keep(checkpoint: String, isFurther: Bool, of key: UniqueID) -> SQL {
        """
        UPDATE run SET checkpoint = \(checkpoint)::text::jsonb, starts = CASE WHEN \(isFurther) THEN 0 ELSE starts END
        WHERE key = \(key)
        """
    }

    /// Counts a step of progress.
    static func countProgress(of key: UniqueID) -> SQL {
        "UPDATE run SET progress = progress + 1 WHERE key = \(key)"
    }

    /// Takes targets that are free or the run's own. Returns those that it has.
    static func lock(_ targets: [String], for run: HeldKey) -> SQL {
        """
        INSERT INTO run_target AS t (target, key, fence)
        SELECT target, \(run.key), \(run.fence) FROM unnest(\(targets)) AS target
        ON CONFLICT (target) DO UPDATE SET fence = EXCLUDED.fence WHERE t.key = EXCLUDED.key
        RETURNING target
        """
    }

    /// How many targets a run has.
    static func targets(of key: UniqueID) -> SQL { "SELECT count(*) FROM run_target WHERE key = \(key)" }

    /// The run has ended: its row goes, and the locks of its targets with it.
    static func forgetRuns(keys: [UniqueID]) -> SQL { "DELETE FROM run WHERE key = ANY(\(keys))" }

    /// The run goes on with its next passage, and others may have its targets meanwhile.
    static func rest(key: UniqueID) -> SQL {
        """
        WITH released AS (DELETE FROM run_target WHERE key = \(key))
        UPDATE run SET state = 'w', fence = fence + 1 WHERE key = \(key)
        """
    }

    /// Renews the leases of runs, but for those that a write has in hand, which nobody takes over meanwhile. Returns
    /// for each that somebody holds: its key, its fence, whether its end is asked for and why, and whether its lease
    /// was renewed.
    static func beat(_ runs: [HeldKey]) -> SQL {
        """
        WITH mine AS (
            SELECT r.key FROM run r JOIN unnest(\(runs.map(\.key)), \(runs.map(\.fence))) AS u (key, fence)
                ON r.key = u.key AND r.fence = u.fence AND r.state = 'r'
            ORDER BY r.key FOR UPDATE OF r SKIP LOCKED),
        renewed AS (
            UPDATE run SET lease_until = clock_timestamp() + run.lease_ms * interval '1 millisecond', beats = beats + 1
            FROM mine WHERE run.key = mine.key)
        SELECT key, fence, cancel_requested, cancel_reason, key IN (SELECT key FROM mine) FROM run
        WHERE key = ANY(\(runs.map(\.key))) AND state = 'r'
        """
    }

    /// The runs that somebody has or should have, for who watches them: key, fence, heartbeats, the lease in
    /// milliseconds, and whether it waits for somebody.
    package static let watchedRuns: SQL = """
        SELECT key, fence, beats, lease_ms, state = 'q' FROM run WHERE state IN ('r', 'q')
        """

    /// Sends the wake-ups of queued runs once more: one may be in the hands of whoever does not wake.
    package static func wake(keys: [UniqueID], fences: [Int64]) -> SQL {
        """
        INSERT INTO schedule (subject, due_at, command, version, tenant, message_id, turn, correlation_id, reply_to,
            traceparent, tracestate, payload, cause)
        SELECT r.key, clock_timestamp(), command, version, tenant, message_id, turn, correlation_id, reply_to,
            traceparent, tracestate, payload, 'woken again'
        FROM run r JOIN unnest(\(keys), \(fences)) AS u (key, fence) ON r.key = u.key AND r.fence = u.fence
        WHERE r.state = 'q' ORDER BY r.key
        ON CONFLICT (subject) DO NOTHING
        """
    }

    /// Hands a run back, its targets kept for who goes on with it, and has its wake-up published.
    ///
    /// - Parameter isClean: whether nothing of it is done any more: then the claim is not counted.
    static func handBack(_ run: HeldKey, isClean: Bool) -> SQL {
        """
        WITH freed AS (
            UPDATE run SET state = 'q', fence = fence + 1, starts = CASE WHEN \(isClean) THEN 0 ELSE starts END
            WHERE key = \(run.key) AND fence = \(run.fence) AND state = 'r' RETURNING *)
        INSERT INTO schedule (subject, due_at, command, version, tenant, message_id, turn, correlation_id, reply_to,
            traceparent, tracestate, payload, cause)
        SELECT key, clock_timestamp(), command, version, tenant, message_id, turn, correlation_id, reply_to,
            traceparent, tracestate, payload, 'handed over' FROM freed
        ON CONFLICT (subject) DO UPDATE SET due_at = EXCLUDED.due_at, turn = EXCLUDED.turn, cause = EXCLUDED.cause
        """
    }

    /// Takes runs from holders that were seen not to renew their lease, and has their wake-ups published. Returns the
    /// key, the command, the id and the holder of each.
    package static func rescue(keys: [UniqueID], fences: [Int64], beats: [Int64]) -> SQL {
        """
        WITH lost AS (
            SELECT r.key FROM run r JOIN unnest(\(keys), \(fences), \(beats)) AS u (key, fence, beats)
                ON r.key = u.key AND r.fence = u.fence AND r.beats = u.beats
            WHERE r.state = 'r' AND r.lease_until < clock_timestamp() ORDER BY r.key FOR UPDATE OF r SKIP LOCKED),
        freed AS (UPDATE run SET state = 'q', fence = fence + 1 FROM lost WHERE run.key = lost.key RETURNING run.*),
        woken AS (
            INSERT INTO schedule (subject, due_at, command, version, tenant, message_id, turn, correlation_id,
                reply_to, traceparent, tracestate, payload, cause)
            SELECT key, clock_timestamp(), command, version, tenant, message_id, turn, correlation_id, reply_to,
                traceparent, tracestate, payload, 'rescued' FROM freed
            ON CONFLICT (subject) DO UPDATE SET due_at = EXCLUDED.due_at, turn = EXCLUDED.turn, cause = EXCLUDED.cause)
        SELECT key, command, message_id, worker FROM freed
        """
    }

    /// Keeps everybody else off runs, in the order in which everybody takes them.
    static func lockRuns(keys: [UniqueID]) -> SQL {
        "SELECT FROM run WHERE key = ANY(\(keys)) ORDER BY key FOR UPDATE"
    }

    /// Asks the holders of runs to end them. Returns the keys of those that somebody holds.
    static func askToCancel(keys: [UniqueID], reason: String) -> SQL {
        """
        UPDATE run SET cancel_requested = true, cancel_reason = \(reason)
        WHERE key = ANY(\(keys)) AND state = 'r' RETURNING key
        """
    }
}

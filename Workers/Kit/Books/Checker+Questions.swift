/// The question behind each imbalance: a `SELECT` of command, tenant, id and note of every subject that it met.
///
/// Each imbalance has one question, and a single fault is the answer to one only as far as that can be had: who is lost
/// is not also undecided, and what is missing in one book is not called a stranger in the next.
extension Checker {
    /// `nil` for what lies on the broker.
    static func question(_ kind: Imbalance.Kind) -> String? {
        switch kind {
        case .lost, .undecided, .twoOutcomes, .endedAgain, .unexpectedOutcome, .otherBody, .reusedID, .strangerOutcome:
            producerQuestion(kind)
        case .keyMissing, .detailMissing, .rowsDisagree: ledgerQuestion(kind)
        case .eventMissing, .eventDisagrees, .sequenceGap, .strangerEvent, .sharedEventID: eventQuestion(kind)
        case .notAnnounced, .strangerAnnouncement, .announcementDiffers, .unreadableAnnouncement:
            announcementQuestion(kind)
        case .effectTwice, .effectWithoutSuccess, .successWithoutEffect, .strangerEffect: effectQuestion(kind)
        case .leftInOutbox, .leftInSchedule, .leftRun, .leftStray: leftoverQuestion(kind)
        case .leftInQueue, .leftDead: nil
        }
    }

    private static let name = "coalesce(r.id, 'key ' || r.key)"
    private static let final = "('s', 'r', 'f', 'd', 'c')"
    private static let state = "coalesce(r.key_state, r.state)"

    private static func producerQuestion(_ kind: Imbalance.Kind) -> String {
        switch kind {
        case .lost:
            """
            SELECT p.command, p.tenant, coalesce(p.id, 'key ' || p.key), 'confirmed ' || p.confirmed || ' times'
            FROM books_promise p
            WHERE p.confirmed > 0 AND p.source <> 'delivery'
                AND NOT EXISTS (SELECT FROM books_match m WHERE m.number = p.number)
                AND NOT EXISTS (SELECT FROM books_orphan o
                    WHERE o.command = p.command AND o.tenant = p.tenant AND o.id = p.id)
            UNION ALL
            SELECT p.command, p.tenant, 'body ' || encode(p.hash, 'hex'),
                p.confirmed || ' confirmed, ' || coalesce(m.rows, 0) || ' in the ledger'
            FROM books_promise p LEFT JOIN (SELECT number, count(*) AS rows FROM books_match GROUP BY number) AS m
                USING (number)
            WHERE p.source = 'delivery' AND p.confirmed > coalesce(m.rows, 0)
            """
        case .undecided:
            """
            SELECT r.command, r.tenant, \(name), CASE \(state) WHEN 'x' THEN 'started alone' WHEN 'w' THEN 'waiting'
                WHEN 'p' THEN 'parked' WHEN 'l' THEN 'running' ELSE 'state ' || \(state) END
                || ', turn ' || coalesce(r.turn, 0)
            FROM books_row r WHERE \(state) NOT IN \(final)
            """
        case .twoOutcomes:
            """
            SELECT p.command, p.tenant, coalesce(p.id, 'key ' || p.key), count(*) || ' rows'
            FROM books_promise p JOIN books_match m USING (number)
            WHERE p.source <> 'delivery' GROUP BY p.command, p.tenant, p.id, p.key, p.number
            HAVING count(*) > 1
            """
        case .endedAgain:
            """
            SELECT r.command, r.tenant, \(name), count(*) || ' outcomes before the last, ' || r.turn || ' turns'
            FROM books_row r JOIN books_event e ON e.key = r.key AND e.sequence < r.sequence
            WHERE e.kind IN ('succeeded', 'refused', 'failed', 'dead', 'cancelled')
            GROUP BY r.command, r.tenant, r.id, r.key, r.turn
            HAVING count(*) > r.turn OR bool_or(e.kind IN ('succeeded', 'refused'))
            """
        case .unexpectedOutcome:
            """
            SELECT r.command, r.tenant, \(name), 'state ' || \(state) || coalesce(', ' || r.reason, '')
            FROM books_promise p JOIN books_match m USING (number)
                JOIN books_row r ON r.day = m.day AND r.key = m.key
                LEFT JOIN books_body b ON b.command = p.command AND b.tenant = p.tenant AND b.id = p.id
            WHERE p.endings & CASE \(state) WHEN 's' THEN 1 WHEN 'r' THEN 2 WHEN 'f' THEN 4 WHEN 'd' THEN 8 WHEN 'c'
                THEN 16 ELSE 31 END = 0
                AND NOT (r.reason IS NOT DISTINCT FROM 'id-reused' AND coalesce(b.bodies, 1) > 1)
            """
        case .otherBody:
            """
            SELECT r.command, r.tenant, \(name), 'SHA-256 ' || encode(r.hash, 'hex')
            FROM books_orphan r JOIN books_body b USING (command, tenant, id)
            """
        case .reusedID:
            """
            SELECT b.command, b.tenant, b.id, b.bodies || ' bodies, '
                || count(DISTINCT r.key) FILTER (WHERE r.reason IS DISTINCT FROM 'id-reused') || ' of them not reused'
            FROM books_body b JOIN books_promise p USING (command, tenant, id) JOIN books_match m USING (number)
                JOIN books_row r ON r.day = m.day AND r.key = m.key
            WHERE p.source = 'id' AND r.detailed AND \(state) IN \(final)
            GROUP BY b.command, b.tenant, b.id, b.bodies
            HAVING b.bodies > 1 AND count(DISTINCT r.key) FILTER (WHERE r.reason IS DISTINCT FROM 'id-reused') > 1
                OR b.bodies = 1 AND bool_or(r.reason IS NOT DISTINCT FROM 'id-reused')
                OR b.bodies > 1 AND count(DISTINCT p.number) = b.bodies
                    AND bool_and(r.reason IS NOT DISTINCT FROM 'id-reused')
            """
        default:
            """
            SELECT r.command, r.tenant, \(name), 'state ' || \(state)
            FROM books_orphan r LEFT JOIN books_body b USING (command, tenant, id) WHERE b.bodies IS NULL
            """
        }
    }

    private static func ledgerQuestion(_ kind: Imbalance.Kind) -> String {
        switch kind {
        case .keyMissing:
            "SELECT r.command, r.tenant, \(name), 'state ' || r.state FROM books_row r WHERE r.key_state IS NULL"
        case .detailMissing:
            """
            SELECT r.command, r.tenant, coalesce(p.id, 'key ' || r.key), 'state ' || r.key_state
            FROM books_row r JOIN books_match m USING (day, key) JOIN books_promise p USING (number)
            WHERE NOT r.detailed AND r.key_state <> 'x'
            """
        default:
            // A start in the solo lane writes its key only: undecided. A replay sets the attempts of the key back.
            """
            SELECT r.command, r.tenant, \(name), 'job: ' || r.state || ', attempt ' || r.attempt || ', day ' || r.day
                || coalesce(', ' || r.reason, '') || CASE WHEN r.finished THEN ', finished' ELSE '' END
                || '; job_key: ' || r.key_state || ', attempt ' || r.key_attempt || ', day ' || r.key_day
            FROM books_row r
            WHERE r.detailed AND r.key_state <> 'x'
                AND (r.state <> r.key_state OR r.day <> r.key_day OR r.finished <> (r.state IN \(final))
                    OR (r.state IN \(final) AND r.attempt <> r.key_attempt)
                    OR (r.state IN ('s', 'l') AND r.reason IS NOT NULL)
                    OR (r.state NOT IN ('s', 'l') AND r.reason IS NULL))
            """
        }
    }

    private static func effectQuestion(_ kind: Imbalance.Kind) -> String {
        switch kind {
        case .effectTwice:
            """
            SELECT f.command, r.tenant, coalesce(r.id, 'key ' || f.key), f.times || ' effects'
            FROM (SELECT command, key, sum(times) AS times FROM books_effect GROUP BY command, key) AS f
                LEFT JOIN books_row r USING (key)
            WHERE f.times > 1
            """
        case .effectWithoutSuccess:
            """
            SELECT r.command, r.tenant, \(name), 'state ' || \(state)
            FROM books_effect f JOIN books_row r USING (key) WHERE \(state) <> 's' AND f.times > 0
            """
        case .successWithoutEffect:
            """
            SELECT r.command, r.tenant, \(name), 'no effect'
            FROM books_row r JOIN books_source USING (command)
            WHERE \(state) = 's' AND NOT EXISTS (SELECT FROM books_effect f WHERE f.key = r.key AND f.times > 0)
            """
        default:
            """
            SELECT f.command, NULL, coalesce('key ' || f.key, 'no key'), f.times || ' effects'
            FROM books_effect f LEFT JOIN books_row r USING (key) WHERE r.key IS NULL
            """
        }
    }

    private static func leftoverQuestion(_ kind: Imbalance.Kind) -> String {
        switch kind {
        case .leftInOutbox:
            """
            SELECT r.command, r.tenant, \(name), 'row ' || o.id || ', ' || o.tries || ' tries'
                || coalesce(', ' || o.note, '')
            FROM outbox o CROSS JOIN LATERAL unnest(o.keys) AS waiting (key) JOIN books_row r USING (key)
            """
        case .leftInSchedule:
            """
            SELECT s.command, s.tenant, coalesce(nullif(s.message_id, ''), 'key ' || s.subject),
                s.cause || ', turn ' || s.turn || ', due ' || s.due_at
            FROM schedule s
            WHERE s.subject IN (SELECT key FROM books_row)
                OR s.command IN (SELECT command FROM books_command) AND s.due_at <= now()
            """
        case .leftRun:
            // Of a command without an outcome it is where that is on its way.
            """
            SELECT u.command, u.tenant, coalesce(nullif(u.message_id, ''), 'key ' || u.key),
                'run ' || u.state::text || ', fence ' || u.fence
            FROM run u LEFT JOIN job_key k USING (key)
            WHERE u.command IN (SELECT command FROM books_command)
                AND (k.key IS NULL OR k.state NOT IN ('l', 'w', 'p', 'x'))
            """
        default:
            """
            SELECT c.command, NULL, coalesce(s.message_id, 'stray ' || s.id), s.exchange || ' ' || s.routing_key
            FROM books_stray s JOIN books_command c ON s.routing_key IN (c.queue, c.command)
            """
        }
    }
}

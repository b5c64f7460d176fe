/// The questions about events: as they are stored, and as they were received.
extension Checker {
    private static let name = "coalesce(r.id, 'key ' || r.key)"

    static func eventQuestion(_ kind: Imbalance.Kind) -> String {
        switch kind {
        case .eventMissing:
            """
            SELECT r.command, r.tenant, \(name), 'event ' || r.sequence || ', state ' || r.key_state
            FROM books_row r LEFT JOIN books_event e USING (key, sequence) WHERE r.sequence >= 1 AND e.key IS NULL
            """
        case .eventDisagrees:
            """
            SELECT r.command, r.tenant, \(name), 'event ' || e.sequence || ', ' || e.type || ', state ' || r.key_state
            FROM books_row r JOIN books_event e USING (key)
            WHERE e.doc IS NULL OR e.event IS NULL OR e.command <> r.command
                OR e.doc ->> 'type' IS DISTINCT FROM e.type
                OR (e.doc ->> 'sequence') IS DISTINCT FROM e.sequence::text
                OR (r.detailed AND (e.doc ->> 'subject') IS DISTINCT FROM r.id)
                OR (e.doc ->> 'tenant') IS DISTINCT FROM r.tenant
                OR (e.sequence = r.sequence AND r.key_state IN ('s', 'r', 'f', 'd', 'c')
                    AND (e.kind <> CASE r.key_state WHEN 's' THEN 'succeeded' WHEN 'r' THEN 'refused'
                            WHEN 'f' THEN 'failed' WHEN 'd' THEN 'dead' ELSE 'cancelled' END
                        OR (e.doc ->> 'attempt') IS DISTINCT FROM r.key_attempt::text))
            """
        case .sequenceGap:
            """
            SELECT r.command, r.tenant, \(name), coalesce(e.before, 0) || ' events before event ' || r.sequence
                || CASE WHEN e.strays > 0 THEN ', ' || e.strays || ' outside' ELSE '' END
            FROM books_row r LEFT JOIN (
                SELECT r.day, e.key, count(*) FILTER (WHERE e.sequence BETWEEN 1 AND r.sequence - 1) AS before,
                    count(*) FILTER (WHERE e.sequence < 1 OR e.sequence > r.sequence) AS strays
                FROM books_event e JOIN books_row r USING (key) GROUP BY r.day, e.key) AS e USING (day, key)
            WHERE r.sequence IS NOT NULL
                AND (coalesce(e.before, 0) <> greatest(r.sequence - 1, 0) OR coalesce(e.strays, 0) > 0)
            """
        case .strangerEvent:
            """
            SELECT e.command, e.doc ->> 'tenant', coalesce(e.doc ->> 'subject', 'key ' || e.key), e.type
            FROM books_event e LEFT JOIN books_row r USING (key) WHERE r.key IS NULL
            """
        default:
            """
            SELECT min(r.command), min(r.tenant), 'event ' || e.event,
                count(*) || ' events: ' || string_agg(\(name), ', ')
            FROM books_event e JOIN books_row r USING (key) GROUP BY e.event HAVING count(*) > 1
            """
        }
    }

    static func announcementQuestion(_ kind: Imbalance.Kind) -> String {
        switch kind {
        case .notAnnounced:
            """
            SELECT r.command, r.tenant, \(name), 'event ' || e.sequence || ', ' || e.kind
            FROM books_event e JOIN books_row r USING (key) LEFT JOIN books_announced a USING (event)
            WHERE e.event IS NOT NULL AND a.event IS NULL
            """
        case .strangerAnnouncement:
            // An event that the ledger should have is missing there, which is another's finding. That is asked of the
            // few that are left only: in one `SELECT` it would be asked of all, with a look at every row each.
            """
            WITH stranger AS MATERIALIZED (
                SELECT a.* FROM books_announced a LEFT JOIN books_event e USING (event) WHERE e.event IS NULL)
            SELECT a.command, a.tenant, a.subject, a.type || ', event ' || a.event
            FROM stranger a
            WHERE NOT EXISTS (
                SELECT FROM books_row r LEFT JOIN books_event e ON e.key = r.key AND e.sequence = a.sequence
                WHERE r.id = a.subject AND r.tenant = a.tenant AND r.command = a.command
                    AND a.sequence <= r.sequence AND e.key IS NULL)
            """
        case .announcementDiffers:
            """
            SELECT a.command, a.tenant, a.subject, a.type || ', event ' || a.event || ', ' || a.times || ' times'
            FROM books_announced a
            WHERE EXISTS (SELECT FROM books_event e WHERE e.event = a.event)
                AND (a.low <> a.high
                    OR NOT EXISTS (SELECT FROM books_event e WHERE e.event = a.event AND e.digest = a.low))
            """
        default:
            "SELECT NULL, NULL, 'message', fault FROM books_received WHERE fault IS NOT NULL"
        }
    }
}

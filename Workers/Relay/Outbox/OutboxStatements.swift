import Contracts
import Runtime

/// The statements of the outbox sweep.
enum OutboxStatements {
    /// Rows that are due, oldest first, with their sizes; those another relay is claiming are passed over.
    static func due(limit: Int) -> SQL {
        """
        SELECT id, cardinality(keys) FROM outbox WHERE due_at <= now()
        ORDER BY id LIMIT \(Int64(limit)) FOR UPDATE SKIP LOCKED
        """
    }

    /// Claims rows for a while. The claim is a time and not a lock: the worker whose row it is may delete it at any
    /// moment, and must never wait for a relay that waits for the broker.
    static func claim(_ ids: [Int64], for claim: Duration) -> SQL {
        """
        UPDATE outbox SET due_at = clock_timestamp() + \(claim.seconds) * interval '1 second' WHERE id = ANY(\(ids))
        """
    }

    /// The events of rows, in order; type and body are NULL where the day has been dropped.
    ///
    /// `OFFSET 0` keeps the look-up of an event what it is, one probe of one day's index; the planner, which cannot
    /// know how long the arrays are, would else read whole days.
    static func events(of ids: [Int64]) -> SQL {
        """
        SELECT o.id, u.day, u.key, u.sequence, e.type, e.body
        FROM unnest(\(ids)) AS wanted (id) JOIN outbox o USING (id)
        CROSS JOIN LATERAL unnest(o.days, o.keys, o.sequences) WITH ORDINALITY AS u (day, key, sequence, place)
        LEFT JOIN LATERAL (
            SELECT type, body FROM event
            WHERE event.day = u.day AND event.key = u.key AND event.sequence = u.sequence OFFSET 0) AS e ON true
        ORDER BY o.id, u.place
        """
    }

    /// Keeps what was not confirmed. A row its worker has deleted meanwhile stays deleted.
    static func keep(_ rest: OutboxRow.Remainder) -> SQL {
        """
        UPDATE outbox SET days = \(rest.events.map(\.day)), keys = \(rest.events.map(\.key)),
            sequences = \(rest.events.map(\.sequence)), tries = tries + \(Int32(rest.wasTried ? 1 : 0)),
            due_at = clock_timestamp() + \(rest.delay.seconds) * interval '1 second',
            note = coalesce(\(rest.note), note)
        WHERE id = \(rest.id)
        """
    }
}

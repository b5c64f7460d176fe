package import Runtime

/// The statements that hand out addresses. All times are the database's.
///
/// Wishes are checked along the list of free addresses, which has no index for them: every release would have to keep
/// it. A wish that nothing meets reads the list to its end, about 25 ms for 100,000 free addresses.
package enum AddressPool {
    /// Lends as many addresses as there are, and returns the leases that got one.
    ///
    /// First each holder's own: what he left a short while ago is in quarantine for everybody else. Then, for the
    /// rest, what is free to all, longest free first. Rows that another transaction has locked are passed over. The
    /// rows found are zipped to the wishes with `unnest`; joining the two by row number would be quadratic, because the
    /// planner takes both for a handful of rows. `EXISTS` is there for speed: most holders have left nothing.
    package static func lend(_ demand: Demand) -> SQL {
        let w = demand.wishes
        return """
            WITH want AS MATERIALIZED (
                SELECT id, holder, seconds
                FROM unnest(\(demand.ids), \(demand.holders), \(demand.seconds)) AS u (id, holder, seconds)
            ), own AS MATERIALIZED (
                SELECT z.id, h.holder, z.seconds, z.ip
                FROM (
                    SELECT w.holder, array_agg(w.id) AS ids, array_agg(w.seconds) AS seconds
                    FROM want w
                    WHERE EXISTS (
                        SELECT FROM address a
                        WHERE a.tenant = \(w.tenant) AND a.previous_holder = w.holder AND a.lease IS NULL
                            AND a.quarantined_until > now()
                    )
                    GROUP BY w.holder
                ) AS h
                CROSS JOIN LATERAL unnest(h.ids, h.seconds, ARRAY(
                    SELECT a.ip FROM address a
                    WHERE a.tenant = \(w.tenant) AND a.previous_holder = h.holder AND a.lease IS NULL
                        AND a.quarantined_until > now() AND \(meeting: w)
                    ORDER BY a.quarantined_until LIMIT cardinality(h.ids) FOR UPDATE SKIP LOCKED
                )) AS z (id, seconds, ip)
                WHERE z.ip IS NOT NULL
            ), rest AS MATERIALIZED (
                SELECT array_agg(id) AS ids, array_agg(holder) AS holders, array_agg(seconds) AS seconds, count(*) AS n
                FROM want WHERE id NOT IN (SELECT id FROM own)
            ), chosen AS MATERIALIZED (
                SELECT id, holder, seconds, ip FROM own
                UNION ALL
                SELECT z.id, z.holder, z.seconds, z.ip
                FROM rest r CROSS JOIN LATERAL unnest(r.ids, r.holders, r.seconds, ARRAY(
                    SELECT a.ip FROM address a
                    WHERE a.tenant = \(w.tenant) AND a.lease IS NULL
                        AND a.quarantined_until <= now() AND \(meeting: w)
                    ORDER BY a.quarantined_until, a.server LIMIT r.n FOR UPDATE SKIP LOCKED
                )) AS z (id, holder, seconds, ip)
                WHERE z.ip IS NOT NULL
            ), taken AS (
                UPDATE address a SET lease = c.id, fence = a.fence + 1
                FROM chosen c WHERE a.tenant = \(w.tenant) AND a.ip = c.ip
                RETURNING c.id, c.holder, c.seconds, a.server, a.ip, a.fence
            )
            INSERT INTO lease (id, tenant, server, ip, holder, fence, expires_at)
            SELECT id, \(w.tenant), server, ip, holder, fence, now() + seconds * interval '1 second' FROM taken
            RETURNING id, server, host(ip), expires_at, fence
            """
    }

    /// No row when nothing is left for `demand`; else whether this transaction may wait for those that have locked what
    /// there is. At most one transaction may at a time, so no two can wait for each other.
    package static func mayWait(for demand: Demand) -> SQL {
        let w = demand.wishes
        return """
            SELECT pg_try_advisory_xact_lock(hashtextextended('ruche.lease-ip.wait', 0))
            WHERE EXISTS (
                SELECT FROM address a
                WHERE a.tenant = \(w.tenant) AND a.lease IS NULL
                    AND a.quarantined_until <= now() AND \(meeting: w)
            ) OR EXISTS (
                SELECT FROM unnest(\(demand.holders)) AS h (holder) JOIN address a ON a.previous_holder = h.holder
                WHERE a.tenant = \(w.tenant) AND a.lease IS NULL
                    AND a.quarantined_until > now() AND \(meeting: w)
            )
            """
    }

    /// Waits until what is free for all is locked by this transaction, as much of it as is asked for.
    package static func waitForFree(_ demand: Demand) -> SQL {
        let w = demand.wishes
        return """
            SELECT a.ip FROM address a
            WHERE a.tenant = \(w.tenant) AND a.lease IS NULL
                AND a.quarantined_until <= now() AND \(meeting: w)
            ORDER BY a.quarantined_until, a.server LIMIT \(demand.ids.count) FOR UPDATE
            """
    }

    /// The same for what is in quarantine for others than these holders.
    package static func waitForQuarantined(_ demand: Demand) -> SQL {
        let w = demand.wishes
        return """
            SELECT a.ip
            FROM (SELECT DISTINCT holder FROM unnest(\(demand.holders)) AS u (holder)) AS h
            JOIN address a ON a.previous_holder = h.holder
            WHERE a.tenant = \(w.tenant) AND a.lease IS NULL
                AND a.quarantined_until > now() AND \(meeting: w)
            ORDER BY a.quarantined_until FOR UPDATE OF a
            """
    }
}

extension SQL.StringInterpolation {
    /// Whether the address `a` meets `wishes`.
    ///
    /// One CASE and not four conditions: the planner would multiply its guesses about each, take it that next to no
    /// address is left, and read a tenant's whole pool for a batch instead of the first entries of the free ones.
    fileprivate mutating func appendInterpolation(meeting wishes: Demand.Wishes) {
        appendLiteral("CASE WHEN a.cores >= ")
        appendInterpolation(wishes.minCores)
        appendLiteral(" AND a.ram_mb >= ")
        appendInterpolation(wishes.minRamMb)
        appendLiteral(" AND (")
        appendInterpolation(wishes.provider)
        appendLiteral(" IS NULL OR a.provider = ")
        appendInterpolation(wishes.provider)
        appendLiteral(") AND (")
        appendInterpolation(wishes.prefix)
        appendLiteral(" IS NULL OR a.ip <<= ")
        appendInterpolation(wishes.prefix)
        appendLiteral("::inet) THEN true END")
    }
}

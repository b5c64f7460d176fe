package import Contracts
package import Runtime

/// The statements about leases that exist.
package enum LeaseBook {
    /// Why a lease ended.
    package enum End: String, Sendable {
        case released, expired
    }

    /// Locks and reads leases, in ascending order.
    package static func lock(_ ids: [UniqueID]) -> SQL {
        """
        SELECT id, tenant, holder, fence, host(ip), expires_at, ended_at IS NOT NULL, clock_timestamp()
        FROM lease WHERE id = ANY (\(ids)) ORDER BY id FOR UPDATE
        """
    }

    /// Moves the ends of leases that are locked.
    package static func extend(_ ids: [UniqueID], to expiries: [Timestamp]) -> SQL {
        """
        UPDATE lease l SET expires_at = u.expiry FROM unnest(\(ids), \(expiries)) AS u (id, expiry) WHERE l.id = u.id
        """
    }

    /// Ends leases that are locked, and puts their addresses into quarantine for all but their holders.
    package static func end(_ ids: [UniqueID], at times: [Timestamp], by end: End, quarantine: [Timestamp]) -> SQL {
        """
        WITH ended AS (
            UPDATE lease l SET ended_at = u.time, ended_by = \(end.rawValue)
            FROM unnest(\(ids), \(times), \(quarantine)) AS u (id, time, quarantine) WHERE l.id = u.id
            RETURNING l.id, l.tenant, l.ip, l.holder, u.quarantine
        )
        UPDATE address a SET lease = NULL, quarantined_until = e.quarantine, previous_holder = e.holder
        FROM ended e WHERE a.tenant = e.tenant AND a.ip = e.ip AND a.lease = e.id
        """
    }
}

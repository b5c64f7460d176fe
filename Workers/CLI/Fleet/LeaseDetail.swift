import Contracts
import Runtime

/// One lease, and how its address stands.
enum LeaseDetail {
    private static let names = [
        "id", "tenant", "ip", "port", "server", "status", "holder", "fence", "state", "granted", "expires", "ended",
        "quarantinedUntil", "heldBy",
    ]

    /// The lease that is called so: by its id, or by its address, where it is the one that is held, or was last.
    static func fields(
        _ name: String, _ tenant: String?, _ database: Postgres.Connection
    ) throws -> [(String, Cell)] {
        let (id, address) = (UniqueID(name), IPAddress(name))
        guard id != nil || address != nil else {
            throw Failure(.usage, "a lease is named by its id or its address, not `\(name)`", "see: ruche leases")
        }
        let rows = try database.query(statement(id, address?.description, tenant))
        guard rows.count > 0 else {
            let whose = tenant.map { Tenants.named([$0]) } ?? ""
            throw Failure(.notFound, "no lease `\(name)`\(whose)", "see: ruche leases --all")
        }
        return try names.enumerated().map { place, name in (name, try Cell(rows, 0, place)) }
    }

    private static func statement(_ id: UniqueID?, _ address: String?, _ tenant: String?) -> SQL {
        """
        SELECT l.id, l.tenant, host(l.ip), s.ssh_port, l.server, s.status, l.holder, l.fence,
            CASE WHEN l.ended_by IS NOT NULL THEN l.ended_by WHEN l.expires_at <= now() THEN 'overdue'
                ELSE 'active' END,
            l.granted_at, l.expires_at, l.ended_at,
            CASE WHEN a.lease IS NULL AND a.quarantined_until > now() THEN nullif(a.quarantined_until, 'infinity') END,
            (SELECT h.holder FROM lease h WHERE h.id = a.lease)
        FROM lease l LEFT JOIN server s ON s.id = l.server
            LEFT JOIN address a ON a.tenant = l.tenant AND a.ip = l.ip
        WHERE (l.id = \(id) OR l.ip = \(address)::inet) AND (\(tenant) IS NULL OR l.tenant = \(tenant))
        ORDER BY l.ended_at IS NULL DESC, l.id DESC LIMIT 1
        """
    }
}

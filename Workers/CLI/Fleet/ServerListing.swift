import Contracts
import Runtime

/// The inventory, by address. What is secret of a server is never asked for.
struct ServerListing {
    static let columns = [
        "id", "tenant", "ip", "port", "session", "status", "fault", "cores", "ramMb", "storageGb", "holder",
        "lastRunAt", "lastRun", "provider",
    ]
    /// How a server can stand.
    static let statuses = ["PENDING", "CONFIGURING", "CONFIGURED", "ERROR"]

    let tenant: String?
    let statuses: [String]
    let session: Int64?
    let fault: String?
    let provider: String?
    let holder: String?
    let after: ServerCursor?
    let limit: Int

    init(_ invocation: Invocation) throws(Failure) {
        tenant = Tenants.chosen(invocation)
        statuses = try invocation.words("status", of: Self.statuses)
        session = try invocation.id("session")
        fault = invocation.value("fault")
        provider = invocation.value("provider")
        holder = invocation.value("holder")
        limit = try invocation.count("limit", default: 100)
        after = try invocation.value("after").map { text throws(Failure) in
            guard let place = ServerCursor(text) else {
                throw Failure(.usage, "--after takes what another list ended with, not `\(text)`")
            }
            return place
        }
    }

    /// One more than the limit, so that it is known whether there are more.
    var statement: SQL {
        """
        SELECT s.id, s.tenant, host(s.ip), s.ssh_port, s.session, s.status, s.fault, s.cores, s.ram_mb, s.storage_gb,
            l.holder, s.last_run_at, s.last_run, s.provider
        FROM server s LEFT JOIN lease l
            ON l.tenant = s.tenant AND l.ip = s.ip AND l.server = s.id AND l.ended_at IS NULL
        WHERE s.status = ANY(\(statuses)) AND (\(tenant) IS NULL OR s.tenant = \(tenant))
            AND (\(session) IS NULL OR s.session = \(session)) AND (\(fault) IS NULL OR s.fault = \(fault))
            AND (\(provider) IS NULL OR s.provider = \(provider)) AND (\(holder) IS NULL OR l.holder = \(holder))
            AND (\(after?.id) IS NULL
                OR (s.ip, s.ssh_port, s.id) > (\(after?.ip.description)::inet, \(after?.port), \(after?.id)))
        ORDER BY s.ip, s.ssh_port, s.id LIMIT \(Int64(limit) + 1)
        """
    }

    /// Prints a page, and how to get the next.
    func show(_ output: Output, _ database: Postgres.Connection) throws {
        let rows = try database.query(statement)
        let shown = min(rows.count, limit)
        output.rows(
            Self.columns, try (0..<shown).map { row in try Self.columns.indices.map { try Cell(rows, row, $0) } })
        guard rows.count > limit, shown > 0, let ip = IPAddress(try rows.get(shown - 1, 2)) else { return }
        let place = ServerCursor(ip: ip, port: try rows.get(shown - 1, 3), id: try rows.get(shown - 1, 0))
        note("ruche: there are more; go on with --after \(place)")
    }
}

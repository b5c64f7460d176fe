import Contracts
import Runtime

/// What becomes of each staged row: the temporary table `import_plan`, and its counts.
///
/// The verdicts are settled in one statement and acted on in others. Nothing of the tenant's own can slip in between
/// that would change one: only imports insert servers or change what verdicts compare, and a tenant has one import at a
/// time. Where another tenant's inserts the same machine meanwhile, an index refuses the later one, which is tried
/// again.
struct ImportPlan {
    /// Rows of servers that are not known.
    let inserted: Int
    /// Rows that differ from a known server.
    let updated: Int
    /// Rows that say what is known.
    let unchanged: Int
    /// How many rows repeat the key of an earlier one, or name a machine that is another tenant's.
    let faultCount: Int
    /// How many of these have no other fault.
    let newlyRejected: Int
    /// The first of them.
    let faults: [RowError]

    /// Settles the verdict on each row. Two round trips.
    static func make(in tx: borrowing Transaction) throws(Rejection) -> ImportPlan {
        // Autovacuum does not see temporary tables; without statistics the planner takes them for small.
        try tx.send("ANALYZE import_row (line, ip, ssh_port)")
        try tx.send(
            """
            CREATE TEMPORARY TABLE import_plan (
                line integer NOT NULL, first_line integer NOT NULL, verdict text NOT NULL, is_valid boolean NOT NULL,
                server bigint
            ) ON COMMIT DROP
            """)
        try tx.send(verdicts(tenant: tx.tenant))
        try tx.send("ANALYZE import_plan (line, server)")
        let counts = try tx.start(
            """
            SELECT count(*) FILTER (WHERE verdict = 'insert'), count(*) FILTER (WHERE verdict = 'update'),
                count(*) FILTER (WHERE verdict = 'unchanged'),
                count(*) FILTER (WHERE verdict IN ('duplicate', 'taken')),
                count(*) FILTER (WHERE verdict IN ('duplicate', 'taken') AND is_valid)
            FROM import_plan
            """)
        let faults = try tx.start(
            """
            SELECT p.line, p.first_line, r.ip, r.ssh_port, p.verdict = 'taken'
            FROM import_plan AS p JOIN import_row AS r USING (line)
            WHERE p.verdict IN ('duplicate', 'taken') ORDER BY p.line LIMIT \(FaultList.limit)
            """)
        let count = try tx.receive(counts)
        let rows = try tx.receive(faults)
        return try reading { () throws(PostgresError) in
            ImportPlan(
                inserted: try count.get(0, 0), updated: try count.get(0, 1), unchanged: try count.get(0, 2),
                faultCount: try count.get(0, 3), newlyRejected: try count.get(0, 4), faults: try Self.faults(of: rows))
        }
    }

    /// Does what the plan says. Nothing is waited for: the statements travel with the commit.
    func apply(session: Int64, in tx: borrowing Transaction) throws(Rejection) {
        if updated > 0 { try tx.send(Self.updates) }
        if inserted > 0 { try tx.send(Self.inserts(tenant: tx.tenant, session: session)) }
    }

    /// A cell that says nothing (`provider`, `hostKey`) leaves what is known. Once a server is configured, its login is
    /// the recipe's: a list that still says PASSWORD must not lock its owner out. Until then a password of the list is
    /// news: what is known is sealed, and cannot be compared. A machine is the tenant's who has brought it first.
    private static func verdicts(tenant: String) -> SQL {
        """
        INSERT INTO import_plan (line, first_line, verdict, is_valid, server)
        SELECT r.line, r.first_line,
            CASE
                WHEN r.first_line < r.line THEN 'duplicate'
                WHEN s.id IS NULL AND o.id IS NOT NULL THEN 'taken'
                WHEN NOT r.is_valid THEN 'invalid'
                WHEN s.id IS NULL THEN 'insert'
                WHEN (s.is_ssl, s.cores, s.ram_mb, s.storage_gb, s.ssh_user, s.ssh_auth, s.provider, s.host_key)
                    IS DISTINCT FROM (
                        r.is_ssl, r.cores, r.ram_mb, r.storage_gb, r.ssh_user,
                        CASE WHEN s.status = 'CONFIGURED' THEN s.ssh_auth ELSE r.ssh_auth END,
                        coalesce(r.provider, s.provider), coalesce(r.host_key, s.host_key))
                    OR r.ssh_auth = 'PASSWORD' AND r.ssh_password IS NOT NULL
                        AND s.status <> 'CONFIGURED' AND s.operator_since IS NULL THEN 'update'
                ELSE 'unchanged'
            END,
            r.is_valid, s.id
        FROM (SELECT *, min(line) OVER (PARTITION BY ip, ssh_port) AS first_line FROM import_row) AS r
        LEFT JOIN server AS s ON s.tenant = \(tenant) AND s.ip = r.ip::inet AND s.ssh_port = r.ssh_port
        LEFT JOIN server AS o
            ON NOT o.is_shared AND o.tenant <> \(tenant) AND o.ip = r.ip::inet AND o.ssh_port = r.ssh_port
        """
    }

    private static let updates: SQL = """
        WITH updated AS (
            UPDATE server AS s SET
                is_ssl = r.is_ssl, cores = r.cores, ram_mb = r.ram_mb, storage_gb = r.storage_gb, ssh_user = r.ssh_user,
                ssh_auth = CASE WHEN s.status = 'CONFIGURED' THEN s.ssh_auth ELSE r.ssh_auth END,
                ssh_password = CASE
                    WHEN r.ssh_auth = 'PASSWORD' AND s.status <> 'CONFIGURED' AND s.operator_since IS NULL
                    THEN coalesce(r.ssh_password, s.ssh_password) ELSE s.ssh_password END,
                provider = coalesce(r.provider, s.provider), host_key = coalesce(r.host_key, s.host_key),
                updated_at = now()
            FROM import_plan AS p JOIN import_row AS r USING (line)
            WHERE p.verdict = 'update' AND s.id = p.server
            RETURNING s.id, s.tenant, s.ip, s.cores, s.ram_mb, s.provider
        )
        UPDATE address AS a SET cores = u.cores, ram_mb = u.ram_mb, provider = u.provider
        FROM updated AS u
        WHERE a.tenant = u.tenant AND a.ip = u.ip AND a.server = u.id
            AND (a.cores, a.ram_mb, a.provider) IS DISTINCT FROM (u.cores, u.ram_mb, u.provider)
        """

    /// An address can be leased once, whatever number of servers answer at its ports: the first configured one stands
    /// for it.
    private static func inserts(tenant: String, session: Int64) -> SQL {
        """
        WITH inserted AS (
            INSERT INTO server (
                tenant, session, ip, ssh_port, is_ssl, cores, ram_mb, storage_gb, ssh_user, ssh_auth, ssh_password,
                status, provider, owner_client_id, health, last_seen_at, last_check_at, host_key)
            SELECT \(tenant), \(session), r.ip::inet, r.ssh_port, r.is_ssl, r.cores, r.ram_mb, r.storage_gb, r.ssh_user,
                r.ssh_auth, r.ssh_password, r.status, r.provider, r.owner_client_id, r.health, r.last_seen_at,
                r.last_check_at, r.host_key
            FROM import_plan AS p JOIN import_row AS r USING (line)
            WHERE p.verdict = 'insert' ORDER BY r.line
            RETURNING id, tenant, ip, cores, ram_mb, provider, status
        )
        INSERT INTO address (server, tenant, ip, cores, ram_mb, provider)
        SELECT id, tenant, ip, cores, ram_mb, provider FROM inserted WHERE status = 'CONFIGURED'
        ORDER BY id
        ON CONFLICT DO NOTHING
        """
    }

    private static func faults(of rows: Rows) throws(PostgresError) -> [RowError] {
        var faults: [RowError] = []
        for row in 0..<rows.count {
            let isTaken = try rows.get(row, 4, as: Bool.self)
            let first = try rows.get(row, 1, as: Int.self)
            let server = "\(try rows.get(row, 2, as: String.self)) port \(try rows.get(row, 3, as: Int.self))"
            let code: FaultCode = isTaken ? .belongsToAnother : .duplicateServer
            faults.append(
                RowError(
                    line: try rows.get(row, 0), column: Column.serverIp.name, code: code.rawValue, value: server,
                    message: isTaken
                        ? "Another tenant has the server at this address and port."
                        : "The same address and port stand on line \(first)."))
        }
        return faults
    }
}

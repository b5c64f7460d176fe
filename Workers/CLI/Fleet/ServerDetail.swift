import Contracts
import Runtime

/// Everything that is known of one server, but for its password.
enum ServerDetail {
    /// What each field is in the statement.
    private static let columns: [(name: String, expression: String)] = [
        ("id", "s.id"), ("tenant", "s.tenant"), ("ip", "host(s.ip)"), ("port", "s.ssh_port"),
        ("session", "s.session"), ("sessionName", "n.name"), ("provider", "s.provider"), ("status", "s.status"),
        ("fault", "s.fault"), ("faultText", "s.fault_text"), ("forgottenShops", forgotten),
        ("lastRunAt", "s.last_run_at"), ("lastRun", "s.last_run"),
        ("lastRunId", "j.id"), ("lastRunCommand", "j.command"), ("lastRunState", "j.state"),
        ("lastRunReason", "j.reason"), ("lockedBy", "t.key"), ("lockedSince", "t.since"),
        ("operatorSince", "s.operator_since"), ("hostKey", "s.host_key"), ("user", "s.ssh_user"),
        ("auth", "s.ssh_auth"), ("cores", "s.cores"), ("ramMb", "s.ram_mb"), ("storageGb", "s.storage_gb"),
        ("ssl", "s.is_ssl"), ("health", "s.health"), ("lastSeenAt", "s.last_seen_at"),
        ("lastCheckAt", "s.last_check_at"), ("ownerClientId", "s.owner_client_id"), ("lease", "l.id"),
        ("holder", "l.holder"), ("fence", "l.fence"), ("leaseGranted", "l.granted_at"),
        ("leaseExpires", "l.expires_at"),
        // It may lie before all time, or after, which is no time here.
        ("quarantinedUntil", "CASE WHEN a.lease IS NULL AND a.quarantined_until > now() THEN \(quarantine) END"),
        ("created", "s.created_at"), ("updated", "s.updated_at"),
    ]

    /// What may be there of shops that were retired while the server was out of reach.
    private static let forgotten =
        "(SELECT string_agg(f.slug, ', ' ORDER BY f.place) FROM forgotten_shop f WHERE f.server = s.id)"
    private static let quarantine = "nullif(a.quarantined_until, 'infinity')"

    private static func statement(_ id: Int64) -> SQL {
        var sql = SQL.StringInterpolation(literalCapacity: 2000, interpolationCount: 1)
        sql.appendLiteral("SELECT \(columns.map(\.expression).joined(separator: ", "))")
        sql.appendLiteral(
            """
             FROM server s JOIN session n ON n.id = s.session
            LEFT JOIN lease l ON l.tenant = s.tenant AND l.ip = s.ip AND l.server = s.id AND l.ended_at IS NULL
            LEFT JOIN address a ON a.tenant = s.tenant AND a.ip = s.ip AND a.server = s.id
            LEFT JOIN job_key k ON k.key = s.last_run LEFT JOIN job j ON j.day = k.day AND j.key = k.key
            LEFT JOIN run_target t ON t.target = 'server:' || s.id
            WHERE s.id =
            """)
        sql.appendLiteral(" ")
        sql.appendInterpolation(id)
        return SQL(stringInterpolation: sql)
    }

    /// The fields of the server with this id.
    ///
    /// - Throws: ``ExitCode/notFound`` when it has gone since it was found.
    static func fields(_ id: Int64, _ database: Postgres.Connection) throws -> [(String, Cell)] {
        let rows = try database.query(statement(id))
        guard rows.count > 0 else { throw Failure(.notFound, "no server `\(id)`", "see: ruche servers list") }
        return try columns.enumerated().map { place, column in
            let cell = try Cell(rows, 0, place)
            guard case .text(let text) = cell else { return (column.name, cell) }
            switch column.name {
            case "hostKey": return (column.name, .text(HostKey.fingerprints(text)))
            case "lastRunState": return (column.name, .text(JobState(text: text)?.name ?? text))
            default: return (column.name, cell)
            }
        }
    }
}

import Contracts
import Runtime

/// Everything that is known of one shop, and its releases.
struct ShopDetail {
    /// What each field is in the statement.
    private static let columns: [(name: String, expression: String)] = [
        ("shop", "s.slug"), ("tenant", "s.tenant"), ("title", "s.title"), ("domain", "s.domain"),
        ("status", "s.status"), ("release", "s.active_release"), ("slot", "s.active_slot"), ("tag", "r.tag"),
        ("server", "s.server"), ("address", "host(s.address)"), ("place", "s.place"), ("lease", "s.lease"),
        ("leaseIsOwn", "CASE WHEN s.lease IS NOT NULL THEN s.lease_is_own END"), ("holder", "l.holder"),
        ("fence", "s.lease_fence"), ("leaseExpires", "l.expires_at"), ("leaseEnded", "l.ended_at"),
        ("nextRelease", "s.next_release"), ("nextSlot", "s.next_slot"), ("lastRunAt", "s.last_run_at"),
        ("lastRun", "s.last_run"), ("lastRunId", "j.id"), ("lastRunCommand", "j.command"),
        ("lastRunState", "j.state"), ("lastRunReason", "j.reason"), ("lockedBy", "t.key"),
        ("lockedSince", "t.since"), ("created", "s.created_at"), ("updated", "s.updated_at"),
    ]
    static let releaseColumns = [
        "number", "state", "tag", "title", "primaryColor", "secondaryColor", "bytesShipped", "created", "run",
    ]

    let slug: String
    /// `nil` for all of them.
    let tenant: String?
    /// Releases that are shown at most.
    let limit: Int

    /// That there is no such shop.
    static func unknown(_ slug: String, _ tenant: String?) -> Failure {
        Failure(.notFound, "no shop `\(slug)`" + (tenant.map { Tenants.named([$0]) } ?? ""), "see: ruche shops list")
    }

    /// Prints what it is, and its releases, the newest first.
    func show(_ output: Output, _ database: Postgres.Connection) throws {
        let rows = try database.query(statement)
        guard rows.count > 0 else { throw Self.unknown(slug, tenant) }
        guard rows.count == 1 else {
            throw Failure(.usage, "several tenants have a shop `\(slug)`", "name one with --tenant")
        }
        var fields = try Self.fields(rows)
        let found = try database.query(releases(of: try rows.get(0, 1)))
        let shown = try (0..<min(found.count, limit)).map { row in
            try Self.releaseColumns.indices.map { try Cell(found, row, $0) }
        }
        // JSON is one document.
        if output.format != .table {
            fields.append(("releases", .json(output.list(Self.releaseColumns, shown))))
        }
        output.record(fields)
        if output.format == .table, !shown.isEmpty {
            output.line("")
            output.rows(Self.releaseColumns, shown)
        }
        if found.count > limit { note("ruche: there are more releases; raise --limit") }
    }

    private static func fields(_ rows: Rows) throws -> [(String, Cell)] {
        try columns.enumerated().map { place, column in
            let cell = try Cell(rows, 0, place)
            guard column.name == "lastRunState", case .text(let text) = cell else { return (column.name, cell) }
            return (column.name, .text(JobState(text: text)?.name ?? text))
        }
    }

    private var statement: SQL {
        var sql = SQL.StringInterpolation(literalCapacity: 1500, interpolationCount: 3)
        sql.appendLiteral("SELECT \(Self.columns.map(\.expression).joined(separator: ", "))")
        sql.appendLiteral(
            """
             FROM shop s LEFT JOIN lease l ON l.id = s.lease
            LEFT JOIN shop_release r ON r.tenant = s.tenant AND r.slug = s.slug AND r.number = s.active_release
            LEFT JOIN job_key k ON k.key = s.last_run LEFT JOIN job j ON j.day = k.day AND j.key = k.key
            LEFT JOIN run_target t ON t.target = 'shop:' || s.tenant || '/' || s.slug
            WHERE s.slug =
            """)
        sql.appendLiteral(" ")
        sql.appendInterpolation(slug)
        sql.appendLiteral(" AND (")
        sql.appendInterpolation(tenant)
        sql.appendLiteral(" IS NULL OR s.tenant = ")
        sql.appendInterpolation(tenant)
        sql.appendLiteral(") ORDER BY s.tenant LIMIT 2")
        return SQL(stringInterpolation: sql)
    }

    /// One more than the limit.
    private func releases(of tenant: String) -> SQL {
        """
        SELECT number, state, nullif(tag, ''), configuration->>'title', configuration->>'primaryColor',
            configuration->>'secondaryColor', bytes_shipped, created_at, run
        FROM shop_release WHERE tenant = \(tenant) AND slug = \(slug)
        ORDER BY number DESC LIMIT \(Int64(limit) + 1)
        """
    }
}

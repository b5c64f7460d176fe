import Contracts
import Runtime

/// The shops, by name: where each is, what it serves, and until when its address is leased.
struct ShopListing {
    static let columns = [
        "shop", "tenant", "domain", "status", "release", "server", "address", "leaseExpires", "lastRunAt",
    ]
    /// How a shop can stand.
    static let statuses = ["DEPLOYING", "LIVE", "RETIRING", "RETIRED", "FAILED"]

    let tenant: String?
    let statuses: [String]
    let server: Int64?
    let domain: String?
    /// Seconds within which its lease runs out.
    let within: Double?
    let after: ShopCursor?
    let limit: Int

    init(_ invocation: Invocation) throws(Failure) {
        tenant = Tenants.chosen(invocation)
        statuses = try invocation.words("status", of: Self.statuses)
        server = try invocation.id("server")
        domain = invocation.value("domain")?.lowercased()
        within = try invocation.duration("within").map { $0 / .seconds(1) }
        limit = try invocation.count("limit", default: 100)
        after = try invocation.value("after").map { text throws(Failure) in
            guard let place = ShopCursor(text) else {
                throw Failure(.usage, "--after takes what another list ended with, not `\(text)`")
            }
            return place
        }
    }

    /// One more than the limit, so that it is known whether there are more.
    var statement: SQL {
        """
        SELECT s.slug, s.tenant, s.domain, s.status, s.active_release, s.server, host(s.address), l.expires_at,
            s.last_run_at
        FROM shop s LEFT JOIN lease l ON l.id = s.lease
        WHERE s.status = ANY(\(statuses)) AND (\(tenant) IS NULL OR s.tenant = \(tenant))
            AND (\(server) IS NULL OR s.server = \(server)) AND (\(domain) IS NULL OR s.domain = \(domain))
            AND (\(within) IS NULL OR l.expires_at < now() + \(within) * interval '1 second')
            AND (\(after?.slug) IS NULL OR (s.tenant, s.slug) > (\(after?.tenant), \(after?.slug)))
        ORDER BY s.tenant, s.slug LIMIT \(Int64(limit) + 1)
        """
    }

    /// Prints a page, and how to get the next.
    func show(_ output: Output, _ database: Postgres.Connection) throws {
        let rows = try database.query(statement)
        let shown = min(rows.count, limit)
        output.rows(
            Self.columns, try (0..<shown).map { row in try Self.columns.indices.map { try Cell(rows, row, $0) } })
        guard rows.count > limit, shown > 0 else { return }
        let place = ShopCursor(tenant: try rows.get(shown - 1, 1), slug: try rows.get(shown - 1, 0))
        note("ruche: there are more; go on with --after \(TextWidth.harmless(ShellLine.joined([place.description])))")
    }
}

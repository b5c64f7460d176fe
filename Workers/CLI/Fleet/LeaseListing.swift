import Contracts
import Runtime

/// Leases: those that are held, soonest expiry first, or all there were, newest first.
struct LeaseListing {
    static let columns = [
        "id", "tenant", "ip", "server", "holder", "fence", "state", "granted", "expires", "ended",
    ]
    let tenant: String?
    let isAll: Bool
    let holder: FilterTerm.Pattern?
    /// Seconds within which it expires.
    let within: Double?
    let server: Int64?
    let after: JobCursor?
    let limit: Int

    init(_ invocation: Invocation) throws(Failure) {
        tenant = Tenants.chosen(invocation)
        isAll = invocation.has("all")
        holder = invocation.value("holder").map { text in
            text.hasSuffix("*") ? .init(String(text.dropLast()), isPrefix: true) : .init(text)
        }
        within = try invocation.duration("within").map { $0 / .seconds(1) }
        server = try invocation.id("server")
        limit = try invocation.count("limit", default: 100)
        guard !isAll || within == nil else { throw Failure(.usage, "--all and --within contradict each other") }
        after = try invocation.value("after").map { text throws(Failure) in
            guard let place = JobCursor(text) else {
                throw Failure(.usage, "--after takes what another list ended with, not `\(text)`")
            }
            return place
        }
    }

    /// One more than the limit, so that it is known whether there are more. A lease is `overdue` when its time is over
    /// and its end is still on its way.
    var statement: SQL { isAll ? every : held }

    private var held: SQL {
        """
        SELECT l.id, l.tenant, host(l.ip), l.server, l.holder, l.fence,
            CASE WHEN l.expires_at <= now() THEN 'overdue' ELSE 'active' END, l.granted_at, l.expires_at, l.ended_at
        FROM lease l
        WHERE l.ended_at IS NULL AND (\(tenant) IS NULL OR l.tenant = \(tenant))
            AND (\(server) IS NULL OR l.server = \(server))
            AND (\(holder?.text) IS NULL OR l.holder = \(holder?.text)
                OR \(isPrefix) AND starts_with(l.holder, \(holder?.text)))
            AND (\(within) IS NULL OR l.expires_at < now() + \(within) * interval '1 second')
            AND (\(after?.key) IS NULL OR (l.expires_at, l.id) > (\(after?.admittedAt), \(after?.key)))
        ORDER BY l.expires_at, l.id LIMIT \(Int64(limit) + 1)
        """
    }

    private var every: SQL {
        """
        SELECT l.id, l.tenant, host(l.ip), l.server, l.holder, l.fence,
            CASE WHEN l.ended_by IS NOT NULL THEN l.ended_by WHEN l.expires_at <= now() THEN 'overdue'
                ELSE 'active' END, l.granted_at, l.expires_at, l.ended_at
        FROM lease l
        WHERE (\(tenant) IS NULL OR l.tenant = \(tenant)) AND (\(server) IS NULL OR l.server = \(server))
            AND (\(holder?.text) IS NULL OR l.holder = \(holder?.text)
                OR \(isPrefix) AND starts_with(l.holder, \(holder?.text)))
            AND (\(after?.key) IS NULL OR (l.granted_at, l.id) < (\(after?.admittedAt), \(after?.key)))
        ORDER BY l.granted_at DESC, l.id DESC LIMIT \(Int64(limit) + 1)
        """
    }

    private var isPrefix: Bool { holder?.isPrefix ?? false }

    /// Prints a page, and how to get the next.
    func show(_ output: Output, _ database: Postgres.Connection) throws {
        let rows = try database.query(statement)
        let shown = min(rows.count, limit)
        output.rows(
            Self.columns, try (0..<shown).map { row in try Self.columns.indices.map { try Cell(rows, row, $0) } })
        guard rows.count > limit, shown > 0 else { return }
        let place = JobCursor(at: try rows.get(shown - 1, isAll ? 7 : 8), key: try rows.get(shown - 1, 0))
        note("ruche: there are more; go on with --after \(place)")
    }
}

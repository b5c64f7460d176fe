import Contracts
import Runtime

/// A search for jobs.
struct JobQuery {
    /// What it found.
    struct Page {
        var jobs: [FoundJob] = []
        /// Whether there are more than the limit.
        var isCut = false
        /// How many payloads were opened.
        var opened = 0
        /// Whether it stopped because it had opened as many as it may.
        var isExhausted = false
    }

    /// Which way.
    enum Order { case newestFirst, oldestFirst }

    var filter: Filter
    var limit: Int
    var order = Order.newestFirst
    var after: JobCursor?
    /// How many payloads are opened at most.
    var scan = 10_000
    /// Whether it says on stderr how far it is; not where a screen is drawn.
    var tellsProgress = true
    let horizon: Int

    /// Rows that are read at once when payloads must be opened.
    private static let slice = 500

    /// Searches.
    ///
    /// - Parameter keys: asked for only when payloads must be opened.
    func run(_ database: Postgres.Connection, keys: () throws -> KeyRing) throws -> Page {
        // The plan depends on what is asked for, and is made once: a general one would read whole days.
        try database.execute("SET plan_cache_mode = force_custom_plan")
        guard !filter.payloadTerms.isEmpty else {
            var page = Page(jobs: try read(database, limit + 1, after: after).map(\.job))
            page.isCut = page.jobs.count > limit
            page.jobs = Array(page.jobs.prefix(limit))
            return page
        }
        let keys = try keys()
        var page = Page()
        var place = after
        var progress = Progress("payloads opened")
        defer { progress.end() }
        while page.opened < scan {
            let rows = try read(database, min(Self.slice, scan - page.opened), after: place)
            guard let last = rows.last else { return page }
            for row in rows {
                let payload = row.payload.flatMap { try? keys.open($0.array, context: SealContext.job) }
                guard filter.matches(payload: payload) else { continue }
                guard page.jobs.count < limit else {
                    page.isCut = true
                    return page
                }
                page.jobs.append(row.job)
            }
            page.opened += rows.count
            if tellsProgress { progress.update(page.opened) }
            place = JobCursor(last.job)
        }
        page.isExhausted = try !read(database, 1, after: place).isEmpty
        return page
    }

    /// How far back the newest are looked for before everything is: lists run newest first, but the table is kept in
    /// order of arrival by a block range index only, which serves a stretch of time and no order.
    private static let stretches: [Duration] = [.seconds(60), .seconds(1800), .seconds(21_600)]

    private func read(
        _ database: Postgres.Connection, _ count: Int, after place: JobCursor?
    ) throws(PostgresError) -> [(job: FoundJob, payload: Bytes?)] {
        if order == .newestFirst {
            let end = place?.admittedAt ?? .now
            for stretch in Self.stretches {
                let found = try read(database, statement(count, after: place, since: end - stretch))
                // As many as were asked for, and none that is newer can be missing.
                if found.count == count { return found }
            }
        }
        return try read(database, statement(count, after: place))
    }

    private func read(
        _ database: Postgres.Connection, _ statement: SQL
    ) throws(PostgresError) -> [(job: FoundJob, payload: Bytes?)] {
        let rows = try database.query(statement)
        var found: [(job: FoundJob, payload: Bytes?)] = []
        found.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            found.append((try FoundJob(rows, row), filter.payloadTerms.isEmpty ? nil : try rows.get(row, 12)))
        }
        return found
    }

    /// The page as a statement. The inner SELECT is cut first, so that what costs a probe a row is asked of few.
    func statement(_ count: Int, after place: JobCursor?, since start: Timestamp? = nil) -> SQL {
        var sql = SQL.StringInterpolation(literalCapacity: 1000, interpolationCount: 16)
        sql.appendLiteral("SELECT ")
        FoundJob.appendColumns(to: &sql, horizon: horizon)
        if !filter.payloadTerms.isEmpty { sql.appendLiteral(", j.payload") }
        sql.appendLiteral(" FROM (SELECT * FROM job j WHERE true")
        filter.append(to: &sql)
        if let start { Filter(terms: [FilterTerm(question: .since(start))]).append(to: &sql) }
        if let place { append(place, to: &sql) }
        append(order: order, to: &sql)
        sql.appendLiteral(" LIMIT ")
        sql.appendInterpolation(Int64(count))
        sql.appendLiteral(") AS j")
        append(order: order, to: &sql)
        return SQL(stringInterpolation: sql)
    }

    /// A job is admitted on its day, or when it started alone just before midnight, on the day after.
    private func append(_ place: JobCursor, to sql: inout SQL.StringInterpolation) {
        sql.appendLiteral(order == .newestFirst ? " AND j.day <= (" : " AND j.day >= (")
        sql.appendInterpolation(place.admittedAt)
        sql.appendLiteral(order == .newestFirst ? ")::date" : ")::date - 1")
        sql.appendLiteral(order == .newestFirst ? " AND (j.admitted_at, j.key) < (" : " AND (j.admitted_at, j.key) > (")
        sql.appendInterpolation(place.admittedAt)
        sql.appendLiteral(", ")
        sql.appendInterpolation(place.key)
        sql.appendLiteral(")")
    }

    private func append(order: Order, to sql: inout SQL.StringInterpolation) {
        sql.appendLiteral(
            order == .newestFirst ? " ORDER BY j.admitted_at DESC, j.key DESC" : " ORDER BY j.admitted_at, j.key")
    }
}

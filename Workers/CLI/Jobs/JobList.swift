import Contracts
import Runtime

/// Prints a page of jobs, newest first, and how to get the next; or draws it again and again.
struct JobList {
    let invocation: Invocation
    let columns: [String]
    /// What is looked for. Asked before every look: `since:2h` is of that moment.
    let filter: () throws -> Filter
    /// The cells of jobs, which may ask for more than was found of them.
    let rows: ([FoundJob], Postgres.Connection) throws -> [[Cell]]

    init(
        invocation: Invocation, columns: [String], filter: @escaping () throws -> Filter,
        rows: @escaping ([FoundJob], Postgres.Connection) throws -> [[Cell]]
    ) {
        (self.invocation, self.columns, self.filter, self.rows) = (invocation, columns, filter, rows)
    }

    init(
        invocation: Invocation, columns: [String], filter: @escaping () throws -> Filter,
        row: @escaping (FoundJob) -> [Cell]
    ) {
        self.init(invocation: invocation, columns: columns, filter: filter) { jobs, _ in jobs.map(row) }
    }

    /// What a list takes that can be watched.
    static let watching: [Option] = [
        .flag("watch", "draw the list anew again and again on a terminal; q leaves", short: "w"),
        .value("every", "DURATION", "how often --watch looks, default 2s"),
    ]

    /// Prints or draws.
    func show() throws {
        let output = try Output(invocation)
        if invocation.has("watch") { return try watch(output) }
        var query = try query()
        if let text = invocation.value("after") {
            guard let place = JobCursor(text) else {
                throw Failure(.usage, "--after takes what another list ended with, not `\(text)`")
            }
            query.after = place
        }
        let reach = Reach()
        let database = try reach.database()
        defer { database.close() }
        let page = try query.run(database, keys: reach.keys)
        output.rows(columns, try rows(page.jobs, database))
        if page.isExhausted { note("ruche: \(Self.exhausted(page))") }
        if page.isCut, let last = page.jobs.last {
            note("ruche: there are more; go on with --after \(JobCursor(last))")
        }
    }

    private func query() throws -> JobQuery {
        JobQuery(
            filter: try filter(), limit: try invocation.count("limit", default: 50),
            scan: try invocation.count("scan", default: 10_000), horizon: try Horizon.days())
    }

    private func watch(_ output: Output) throws {
        guard output.format == .table, Terminal.isOutput else {
            throw Failure(
                .usage, "--watch draws on a terminal", "elsewhere follow what happens with: ruche events tail -o jsonl")
        }
        guard !invocation.has("after") else {
            throw Failure(.usage, "--watch shows the newest; it does not go with --after")
        }
        let every = try invocation.duration("every") ?? .seconds(2)
        let reach = Reach()
        let link = DatabaseLink { try reach.database() }
        defer { link.close() }
        let view = LiveView(every: every, output: output) {
            var query = try query()
            query.tellsProgress = false
            return try link.use { database in
                let page = try query.run(database, keys: reach.keys)
                return (page: page, rows: try rows(page.jobs, database), time: Timestamp.now)
            }
        } page: { seen, output in
            [output.cut(title(seen.page, seen.time)), ""] + output.table(columns, seen.rows)
        }
        try view.run()
    }

    private func title(_ page: JobQuery.Page, _ time: Timestamp) -> String {
        let name = (["ruche", invocation.verb.name] + invocation.arguments.map(TextWidth.harmless)).joined(
            separator: " ")
        let count = page.isCut ? "the newest \(page.jobs.count)" : "\(page.jobs.count)"
        return "\(name)  \(time.rfc3339)  \(count) jobs" + (page.isExhausted ? "; \(Self.exhausted(page))" : "")
    }

    private static func exhausted(_ page: JobQuery.Page) -> String {
        "only \(page.opened) payloads were opened; narrow with since:, or raise --scan"
    }
}

import Contracts
import Glibc
import Runtime

extension Verb {
    static let logs = Verb(
        path: ["logs"], summary: "lines of logs by labels, time and text: the newest, in the order of their times",
        arguments: ["[SELECTOR...]"],
        options: [
            .value("since", "WHEN", "a duration back, a day or an RFC 3339 time; default 1h"),
            .value("until", "WHEN", "lines before this; default everything there is"),
            .value("text", "TEXT", "lines with this text, in this case; all of several", repeats: true),
            .value("not", "TEXT", "lines without this text", repeats: true),
            .value("regex", "RE", "lines that this expression of PostgreSQL finds something in", repeats: true),
            .value("limit", "N", "at most so many, the newest; default 200"),
            .flag("follow", "go on with lines as they arrive, whatever their times", short: "f"), .tenant, .output,
        ],
        examples: [
            "ruche logs host=web-1 service=nginx level=error,fatal --since 2h",
            "ruche logs service=~'shop-.*' env!=test --text timeout --not health -o jsonl", "ruche logs level=error -f",
        ]
    ) { invocation in
        let now = Timestamp.now
        let filter = try LogFilter(invocation)
        let since = try invocation.moment("since", now)
        let until = try invocation.moment("until", now)
        let output = try Output(invocation)
        let search = LogSearch(
            filter: filter, since: since ?? now - .seconds(3600), until: until ?? now + .seconds(86_400),
            limit: try invocation.count("limit", default: 200))
        guard invocation.has("follow") else {
            return try LogSession.run { link in
                let lines = try link.use { database in
                    try database.transaction(.snapshot) { transaction throws(PostgresError) in
                        try search.run { sql throws(PostgresError) in try transaction.query(sql) }
                    }
                }
                FoundLine.print(lines, output)
            }
        }
        guard until == nil else { throw Failure(.usage, "--follow and --until contradict each other") }
        guard output.format == .table || output.format == .jsonl else {
            throw Failure(.usage, "--follow prints a line each: use -o table or -o jsonl")
        }
        try LogSession.run { link in
            var (follower, lines) = try link.use { database in
                var follower = try LogFollower(filter, since: since, database)
                let lines = try follower.begin(search, database)
                return (follower, lines)
            }
            FoundLine.print(lines, output)
            note("following lines; Ctrl-C ends it")
            // What arrives while the database is away is printed when it is back.
            var outage = Outage()
            while true {
                usleep(500_000)
                do {
                    try link.use { try follower.look($0) { FoundLine.print($0, output) } }
                    outage.tellEnd()
                } catch { try outage.tell(error) }
            }
        }
    }

    static let logsStats = Verb(
        path: ["logs", "stats"], summary: "how many lines and bytes arrived, by host, service and level",
        arguments: ["[SELECTOR...]"],
        options: [
            .value("by", "LABEL", "by this label, or level; several with commas", repeats: true),
            .value("since", "WHEN", "arrived in this hour or later: as of `logs`; default 24h"),
            .value("until", "WHEN", "arrived in hours that began before this"),
            .value("limit", "N", "at most so many, the most lines first; default 100"), .tenant, .output,
        ],
        examples: ["ruche logs stats --since 7d", "ruche logs stats level=error --by service,version -o jsonl"]
    ) { invocation in
        let now = Timestamp.now
        let statistics = LogStatistics(
            filter: try LogFilter(invocation), names: try LogStatistics.names(invocation.all("by")),
            since: try invocation.moment("since", now) ?? now - .seconds(86_400),
            until: try invocation.moment("until", now) ?? now + .seconds(86_400),
            limit: try invocation.count("limit", default: 100))
        let output = try Output(invocation)
        try LogSession.run { link in
            let rows = try link.use { try $0.query(statistics.statement) }
            output.rows(statistics.columns, try (0..<rows.count).map { try statistics.cells(rows, $0) })
        }
    }
}

/// Sessions with the database for questions about logs.
private enum LogSession {
    static func run(_ body: (DatabaseLink) throws -> Void) throws {
        let link = DatabaseLink {
            let database = try Reach().database()
            // Days outside the range are left out when the plan is made, which knows the values only if it is made
            // anew.
            try database.execute("SET plan_cache_mode = force_custom_plan")
            try database.execute("SET jit = off")
            return database
        }
        defer { link.close() }
        do {
            try body(link)
        } catch let error as PostgresError where error.sqlState == SQLState(constant: "2201B") {
            throw Failure(.usage, "a regular expression cannot be read: \(error.message)")
        }
    }
}

extension Invocation {
    /// The value of an option as an instant.
    fileprivate func moment(_ name: String, _ now: Timestamp) throws(Failure) -> Timestamp? {
        guard let text = value(name) else { return nil }
        guard let time = Timestamp(said: text, now: now) else {
            throw Failure(
                .usage,
                "--\(name) takes a duration such as 30m, 2h or 7d, a day, or a time such as 2026-11-21T08:00:00Z")
        }
        return time
    }
}

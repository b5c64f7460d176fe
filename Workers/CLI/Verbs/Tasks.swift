import Contracts
import Runtime

extension Verb {
    static let tasks = Verb(
        path: ["tasks"], summary: "tasks in the order of their deadlines, open ones unless told otherwise",
        options: [
            .value("owner", "NAME", "only those of this owner"),
            .value("state", "STATE", "open, cancelled, expired or all; default open"),
            .value("limit", "N", "at most so many, default 100"),
            .tenant, .output,
        ],
        examples: ["ruche tasks --owner ada", "ruche tasks --state expired -o jsonl"]
    ) { invocation in
        let state = invocation.value("state") ?? TaskRecord.State.open.rawValue
        guard state == "all" || TaskRecord.State(rawValue: state) != nil else {
            let names = TaskRecord.State.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(.usage, "--state takes one of \(names), all")
        }
        let limit = Int64(try invocation.count("limit", default: 100))
        let database = try Reach().database()
        defer { database.close() }
        let rows = try database.query(
            TaskList.statement(invocation.tenant, owner: invocation.value("owner"), state: state, limit: limit))
        try Output(invocation).rows(
            TaskList.columns, try (0..<rows.count).map { row in try TaskList.cells(rows, row) })
    }
}

/// What the list of tasks shows.
enum TaskList {
    static let columns = ["id", "owner", "title", "place", "due", "localTime", "zone", "version", "state"]

    /// Open tasks are those whose time has not come: one whose end is still on its way counts as expired, as it does
    /// for every command. What has ended is listed from the latest deadline backwards.
    static func statement(_ tenant: String, owner: String?, state: String, limit: Int64) -> SQL {
        let open = state == TaskRecord.State.open.rawValue
        guard !open else {
            return """
                SELECT id, owner, title, place, due_at, zone, utc_offset, version, state FROM task
                WHERE tenant = \(tenant) AND (\(owner) IS NULL OR owner = \(owner))
                    AND due_at > now() AND state = 'open'
                ORDER BY due_at LIMIT \(limit)
                """
        }
        return """
            SELECT id, owner, title, place, due_at, zone, utc_offset, version, seen FROM (
                SELECT *, CASE WHEN state = 'open' AND due_at <= now() THEN 'expired' ELSE state END AS seen
                FROM task WHERE tenant = \(tenant) AND (\(owner) IS NULL OR owner = \(owner))) AS t
            WHERE \(state) = 'all' OR seen = \(state)
            ORDER BY due_at DESC LIMIT \(limit)
            """
    }

    static func cells(_ rows: Rows, _ row: Int) throws(PostgresError) -> [Cell] {
        let due: Timestamp = try rows.get(row, 4)
        return [
            .text(try rows.get(row, 0, as: UniqueID.self).description), .text(try rows.get(row, 1)),
            .text(try rows.get(row, 2)), .text(try rows.get(row, 3)), .time(due),
            .text(due.rfc3339(secondsAhead: try rows.get(row, 6))), .text(try rows.get(row, 5)),
            .number(try rows.get(row, 7)), .text(try rows.get(row, 8)),
        ]
    }
}

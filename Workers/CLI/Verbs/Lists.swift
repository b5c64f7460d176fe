import Contracts
import Runtime

extension Verb {
    private static let limit = Option.value("limit", "N", "at most so many, default 100")

    static let sessions = Verb(
        path: ["sessions"], summary: "imported server lists, newest first", options: [limit, .tenant, .output],
        examples: ["ruche sessions"]
    ) { invocation in
        try list(
            invocation,
            ["id", "name", "provider", "servers", "inserted", "updated", "unchanged", "rejected", "created"]
        ) { tenant, limit in
            """
            SELECT s.id, s.name, s.provider, (SELECT count(*) FROM server v WHERE v.session = s.id), s.inserted,
                s.updated, s.unchanged, s.rejected, s.created_at
            FROM session s WHERE s.tenant = \(tenant) ORDER BY s.id DESC LIMIT \(limit)
            """
        }
    }

    static let version = Verb(
        path: ["version"], summary: "the edition of this program", options: [.output],
        examples: ["ruche version -o json"]
    ) { invocation in
        try Output(invocation).record([("version", .text(Service.version))])
    }

    /// Prints what a statement returns, a column each.
    private static func list(
        _ invocation: Invocation, _ columns: [String], _ statement: (String, Int64) -> SQL
    ) throws {
        let limit = Int64(try invocation.count("limit", default: 100))
        let database = try Reach().database()
        defer { database.close() }
        let rows = try database.query(statement(invocation.tenant, limit))
        try Output(invocation).rows(
            columns, try (0..<rows.count).map { row in try columns.indices.map { try Cell(rows, row, $0) } })
    }
}

extension Cell {
    /// A column as what it is.
    init(_ rows: Rows, _ row: Int, _ column: Int) throws(PostgresError) {
        if rows.isNull(row, column) {
            self = .none
            return
        }
        switch rows.columnTypes[column] {
        case .int2, .int4, .int8: self = .number(try rows.get(row, column))
        case .bool: self = .flag(try rows.get(row, column))
        case .timestamptz: self = .time(try rows.get(row, column))
        default: self = .text(try rows.get(row, column))
        }
    }
}

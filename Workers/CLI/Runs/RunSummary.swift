import Contracts
import Runtime

/// What a list shows of a run beside the job.
struct RunSummary {
    /// Who has it now.
    let worker: String?
    /// How many lines it has written, and where it was with the last.
    let lines: Int
    let step: String?

    /// What there is of the runs of these keys.
    static func all(_ keys: [UniqueID], _ database: Postgres.Connection) throws(PostgresError) -> [UniqueID: RunSummary]
    {
        let rows = try database.query(
            """
            SELECT k.key, CASE WHEN r.state = 'r' THEN r.worker END, coalesce(e.number, 0),
                CASE WHEN e.place = '' THEN e.step ELSE e.place || ': ' || e.step END
            FROM unnest(\(keys)) AS k (key) LEFT JOIN run r ON r.key = k.key
            LEFT JOIN LATERAL (
                SELECT number, place, step FROM run_event WHERE key = k.key ORDER BY number DESC LIMIT 1) AS e ON true
            """)
        var found: [UniqueID: RunSummary] = [:]
        for row in 0..<rows.count {
            found[try rows.get(row, 0)] = RunSummary(
                worker: try rows.get(row, 1), lines: try rows.get(row, 2), step: try rows.get(row, 3))
        }
        return found
    }
}

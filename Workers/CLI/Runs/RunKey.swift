import Contracts
import Runtime

/// Where a run is found at once: its key, and the day on which the ledger has it.
struct RunKey: Sendable {
    let key: UniqueID
    let day: Postgres.Date

    init(_ job: FoundJob) { (key, day) = (job.key, job.day) }

    /// The run of this key; `nil` when the ledger does not know it yet.
    init?(_ key: UniqueID, _ database: Postgres.Connection) throws(PostgresError) {
        let rows = try database.query("SELECT day FROM job_key WHERE key = \(key)")
        guard !rows.isEmpty else { return nil }
        (self.key, day) = (key, try rows.get(0, 0))
    }
}

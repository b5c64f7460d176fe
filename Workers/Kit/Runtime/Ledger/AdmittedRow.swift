import Contracts
import Postgres

/// What the ledger answered about a command it admitted.
struct AdmittedRow {
    let key: UniqueID
    /// Where detail and events of this job lie: the day of its first admission.
    let day: Postgres.Date
    /// Which counted attempt this is.
    let attempt: Int
    /// The number of the event this passage will end with.
    let sequence: Int

    /// Reads a row of ``Ledger/admit(keys:turns:hashes:)``.
    init(_ rows: Rows, _ row: Int) throws(PostgresError) {
        key = try rows.get(row, 0)
        day = try rows.get(row, 1)
        attempt = try rows.get(row, 2)
        sequence = try rows.get(row, 3)
        isFirst = try rows.get(row, 4)
    }

    /// Whether the ledger had no row of it.
    let isFirst: Bool

    private init(key: UniqueID, day: Postgres.Date, attempt: Int, sequence: Int, isFirst: Bool) {
        self.key = key
        self.day = day
        self.attempt = attempt
        self.sequence = sequence
        self.isFirst = isFirst
    }

    /// The same, when what follows is no attempt.
    var uncounted: AdmittedRow {
        AdmittedRow(key: key, day: day, attempt: attempt - 1, sequence: sequence, isFirst: isFirst)
    }
}

/// What the ledger knows of a command it did not admit.
struct KnownRow {
    let key: UniqueID
    let standing: Standing
    /// The last event, exactly as it was published; `nil` when its day has been dropped.
    let event: (type: String, body: [UInt8])?

    /// Reads a row of ``Ledger/known(keys:)``; `hash` is that of the payload that arrived with this key.
    init(_ rows: Rows, _ row: Int, hash: (UniqueID) -> [UInt8]) throws(PostgresError) {
        key = try rows.get(row, 0)
        let state: String = try rows.get(row, 1)
        let stored: Bytes = try rows.get(row, 3)
        standing = Standing(
            state: state.first.flatMap(JobState.init(rawValue:)) ?? .started, turn: try rows.get(row, 2),
            // A command that was cancelled before anybody had seen it has no hash: it is cancelled whatever it holds.
            sameBody: stored.array.isEmpty || stored.array == hash(key))
        let type: String? = try rows.get(row, 4)
        let body: Bytes? = try rows.get(row, 5)
        event = if let type, let body { (type, body.array) } else { nil }
    }
}

import Contracts
import Runtime

/// Claims where they can be compared with the ledger: a temporary table of one session.
struct ClaimTable {
    private let database: Postgres.Connection
    private var batch: [Claim] = []
    /// How many there are, repeats included.
    private(set) var count = 0

    init(_ database: Postgres.Connection) throws(PostgresError) {
        self.database = database
        try database.script(
            """
            CREATE TEMP TABLE claim (key uuid NOT NULL, command text NOT NULL, tenant text NOT NULL, id text NOT NULL,
                announced text NOT NULL, sequence bigint NOT NULL, line bigint NOT NULL)
            """)
    }

    mutating func add(_ claim: Claim) throws(PostgresError) {
        batch.append(claim)
        count += 1
        if batch.count >= 5000 { try flush() }
    }

    /// Brings what is left to the database, which is ready for questions then.
    mutating func close() throws(PostgresError) {
        try flush()
        // What two accounts tell of one command is one loss. A line that can be sent again comes first.
        try database.script(
            """
            ANALYZE claim;
            CREATE TEMP TABLE lost AS
            SELECT DISTINCT ON (c.key) c.* FROM claim c
            WHERE NOT EXISTS (SELECT FROM job_key k WHERE k.key = c.key)
                AND NOT EXISTS (
                    SELECT FROM job j WHERE j.command = c.command AND j.tenant = c.tenant AND j.id = c.id)
            ORDER BY c.key, c.line DESC, c.sequence DESC
            """)
    }

    private mutating func flush() throws(PostgresError) {
        guard !batch.isEmpty else { return }
        try database.execute(
            """
            INSERT INTO claim (key, command, tenant, id, announced, sequence, line)
            SELECT * FROM unnest(\(batch.map(\.key)), \(batch.map(\.command)), \(batch.map(\.tenant)),
                \(batch.map(\.id)), \(batch.map(\.announced)), \(batch.map(\.sequence)), \(batch.map(\.line)))
            """)
        batch.removeAll(keepingCapacity: true)
    }
}

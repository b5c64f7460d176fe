import Contracts
import Foundation
import Postgres
import Runtime
import Sealing
import TestSupport
import Testing

/// What the verbs about jobs find in the ledger, and how they are called.
extension Cluster {
    /// Jobs of the tests' command that ended badly, as a worker leaves them: key, detail, sealed payload, no schedule.
    ///
    /// - Parameters:
    ///   - daysAgo: the day they were admitted on; its partition is made when it is not there.
    ///   - isKnown: whether the ledger still has their keys.
    func leave(
        _ numbers: Range<Int>, state: JobState = .dead, act: String = "succeed", reason: String = "told-to",
        tenant: String = Topology.defaultTenant, daysAgo: Int = 0, isKnown: Bool = true
    ) throws {
        let database = try database()
        defer { database.close() }
        let payload = Self.probe(act)
        let ids = numbers.map { "job-\($0)" }
        let found = ids.map { UniqueID(bytes: Digest.key(Self.probe.rawValue, tenant, $0)) }
        let payloads = numbers.map { _ in Bytes(keys.seal(payload, context: SealContext.job)) }
        let day = "current_date - \(daysAgo)"
        if daysAgo > 1 {
            try database.script(
                """
                DO $$ BEGIN EXECUTE format('CREATE TABLE IF NOT EXISTS job_%s PARTITION OF job FOR VALUES FROM (%L) '
                    'TO (%L)', to_char(\(day), 'YYYYMMDD'), \(day), \(day) + 1); END $$
                """)
        }
        let letter = String(state.rawValue)
        if isKnown {
            try database.execute(
                """
                INSERT INTO job_key (key, day, state, turn, attempt, sequence, body_hash)
                SELECT key, current_date - \(Int32(daysAgo)), \(letter)::"char", 2, 3, 3,
                    \(Bytes(Digest.sha256(payload)))
                FROM unnest(\(found)) AS key
                """)
        }
        try database.execute(
            """
            INSERT INTO job (day, key, id, command, tenant, state, attempt, reason, payload, worker, admitted_at,
                finished_at)
            SELECT current_date - \(Int32(daysAgo)), u.key, u.id, \(Self.probe.rawValue), \(tenant), \(letter)::"char",
                3, \(reason), u.payload, 'test', now() - \(Double(daysAgo)) * interval '1 day', now()
            FROM unnest(\(found), \(ids), \(payloads)) AS u (key, id, payload)
            """)
    }

    /// Runs `ruche`, with the reason that changes need.
    func ruche(_ arguments: String...) throws -> FinishedProcess {
        try run("ruche", arguments + ["--reason", "a test"])
    }

    /// How many jobs are in this state, by the ledger's keys.
    func count(_ state: JobState) throws -> Int {
        try number("SELECT count(*) FROM job_key WHERE state = \(String(state.rawValue))::\"char\"")
    }

    /// How many rows the audit has of an action, and of how many things.
    func audited(_ action: String) throws -> (rows: Int, targets: Int) {
        let database = try database()
        defer { database.close() }
        let rows = try database.query(
            """
            SELECT count(*), count(DISTINCT target) FROM audit
            WHERE action = \(action) AND reason = 'a test' AND changed = 1 AND actor <> ''
            """)
        return (try rows.get(0, 0), try rows.get(0, 1))
    }
}

import Contracts
import Runtime

/// The checks that ask the database.
struct DatabaseDiagnosis {
    let connection: Postgres.Connection

    func findings() throws(PostgresError) -> [Finding] {
        let version = connection.serverVersion / 10_000
        var findings: [Finding] = [
            version >= 14
                ? .ok("database", "PostgreSQL \(version)")
                : .fail("database", "PostgreSQL \(version)", fix: "upgrade to 14 or later")
        ]
        findings += try migrations()
        guard findings.allSatisfy({ $0.verdict != .fail }) else { return findings }
        findings.append(try durability())
        findings.append(try clock())
        findings.append(try partitions())
        findings.append(try lag("outbox", "SELECT count(*), min(due_at) FROM outbox WHERE due_at < now()"))
        findings.append(
            try lag(
                "schedule", "SELECT count(*), min(due_at) FROM schedule WHERE due_at < now() - interval '5 seconds'"))
        findings.append(try parked())
        findings.append(try tasks())
        findings.append(try leases())
        findings.append(try VerifySite.finding(connection))
        return findings
    }

    /// Commands that no worker knew. Reads the whole schedule.
    private func parked() throws(PostgresError) -> Finding {
        let rows = try connection.query(
            """
            SELECT count(*), string_agg(DISTINCT command, ', ' ORDER BY command) FROM schedule
            WHERE cause = 'parked: unknown-kind'
            """)
        let count: Int = try rows.get(0, 0)
        guard count > 0, let commands = try rows.get(0, 1, as: String?.self) else {
            return .ok("parked", "no command of an unknown kind")
        }
        return .warn(
            "parked", "\(count) of a kind that no worker knows, in: \(commands)",
            fix: "deploy a worker that knows them; see: ruche jobs list --state parked")
    }

    private func migrations() throws(PostgresError) -> [Finding] {
        let all = SchemaFiles.all.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) }
        let status = try Migrations.status(all, on: connection)
        var findings: [Finding] = []
        if status.pending.isEmpty {
            findings.append(.ok("migrations", "\(status.applied.count) applied"))
        } else {
            let names = status.pending.map(\.name).joined(separator: ", ")
            findings.append(.fail("migrations", "pending: \(names)", fix: "ruche migrate"))
        }
        if !status.unknown.isEmpty {
            findings.append(
                .warn(
                    "migrations", "\(status.unknown.count) newer than this program", fix: "finish the rolling upgrade"))
        }
        return findings
    }

    private func durability() throws(PostgresError) -> Finding {
        let rows = try connection.query(
            "SELECT current_setting('fsync') = 'on', current_setting('synchronous_commit') <> 'off'")
        let syncs = try rows.get(0, 0, as: Bool.self)
        let waits = try rows.get(0, 1, as: Bool.self)
        return syncs && waits
            ? .ok("durability", "fsync and synchronous_commit are on")
            : .fail("durability", "a crash may lose commits", fix: "set fsync and synchronous_commit to on")
    }

    private func clock() throws(PostgresError) -> Finding {
        let there: Timestamp = try connection.query("SELECT clock_timestamp()").get(0, 0)
        let skew = abs((Timestamp.now - there).milliseconds)
        let found = "\(skew) ms from the database's"
        return skew < 1000 ? .ok("clock", found) : .warn("clock", found, fix: "run a time service on both hosts")
    }

    private func partitions() throws(PostgresError) -> Finding {
        let rows = try connection.query(
            """
            SELECT coalesce(min(day) - 1, 14)
            FROM unnest(ARRAY['job', 'event', 'log_chunk', 'log_count']::regclass[]) AS parent,
                generate_series(0, 14) AS day, to_char((now() AT TIME ZONE 'UTC')::date + day, 'YYYYMMDD') AS name
            WHERE NOT EXISTS (
                SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = parent AND right(c.relname, 8) = name)
            """)
        let ahead: Int = try rows.get(0, 0)
        return ahead >= 3
            ? .ok("day partitions", "\(ahead) days ahead")
            : .fail("day partitions", "\(ahead) days ahead", fix: "start the relay, which makes them")
    }

    private func lag(_ table: String, _ sql: SQL) throws(PostgresError) -> Finding {
        let rows = try connection.query(sql)
        let count: Int = try rows.get(0, 0)
        guard count > 0, let oldest = try rows.get(0, 1, as: Timestamp?.self) else {
            return .ok(table, "nothing overdue")
        }
        let seconds = Int((Timestamp.now - oldest).seconds)
        return .warn(
            table, "\(count) rows overdue, the oldest by \(seconds) s", fix: "start the relay, or look at its log")
    }
}

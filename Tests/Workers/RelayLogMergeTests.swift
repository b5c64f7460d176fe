import Contracts
import TestSupport
import Testing

@testable import Relay
@testable import Runtime

/// Small chunks of lines and what they are merged into, on a real database.
@Suite(.servers) struct RelayLogMergeTests {
    /// Lines in the order in which a reader shows them, and what chunks say of them.
    private struct Picture: Equatable {
        let lines: String
        let sums: String
    }

    /// A database in which two hours have passed that are not merged.
    private func withHours(_ body: (LeaseDatabase, Connection) throws -> Void) throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            defer { connection.close() }
            try connection.script(
                """
                SET jit = off;
                UPDATE log_merge SET arrived = date_trunc('hour', now(), 'UTC') - interval '4 hours';
                INSERT INTO log_stream (tenant, hash, labels)
                SELECT 'default', gen_random_uuid(), '{}' FROM generate_series(1, 6);
                """)
            try body(database, connection)
        }
    }

    /// Adds chunks that arrived one after another in the fourth and third last hours, a minute or less apart.
    private func fill(_ connection: Connection, streams: Int, chunks: Int, lines: String, seed: Double) throws {
        try connection.execute("SELECT setseed(\(seed))")
        try connection.script(
            """
            INSERT INTO log_chunk
                (day, stream, first_at, last_at, arrived_at, entries, bytes, at, level, lines, metadata)
            SELECT (arrived AT TIME ZONE 'UTC')::date, stream, at[1], at[cardinality(at)], arrived, cardinality(at),
                (SELECT sum(octet_length(t)) FROM unnest(lines) AS t), at, level, lines, metadata
            FROM (
                SELECT i, floor(random() * \(streams))::int + 1 AS stream, (
                        SELECT arrived + i * interval '7200 seconds' / \(chunks + 1) FROM log_merge) AS arrived, l.*
                FROM generate_series(1, \(chunks)) AS i, LATERAL (
                    SELECT array_agg(at ORDER BY at, n) AS at, array_agg(level ORDER BY at, n) AS level,
                        array_agg(line ORDER BY at, n) AS lines,
                        CASE WHEN i % 3 = 0 THEN array_agg(metadata ORDER BY at, n) END AS metadata
                    FROM (
                        SELECT n, floor(random() * 500)::bigint AS at, substr('tdiwefu', 1 + n % 7, 1)::"char" AS level,
                            repeat('ç', (random() * 20)::int) || i || ' ' || n AS line,
                            CASE WHEN random() < 0.5 THEN '{"n":' || n || '}' END AS metadata
                        FROM generate_series(1, \(lines)) AS n) AS e) AS l) AS c
            ORDER BY i
            """)
    }

    private func picture(_ connection: some Asking) throws -> Picture {
        let lines = try connection.ask(
            """
            SELECT md5(coalesce(string_agg(
                concat_ws('|', c.stream, e.at, e.level, e.line, coalesce(e.metadata, 'none')), E'\\n'
                ORDER BY c.stream, e.at, c.id, e.place), ''))
            FROM log_chunk c, unnest(c.at, c.level, c.lines, c.metadata) WITH ORDINALITY
                AS e (at, level, line, metadata, place)
            """)
        let sums = try connection.ask(
            """
            SELECT string_agg(concat_ws(' ', day, stream, entries, bytes, first_at, last_at), ', ' ORDER BY day, stream)
            FROM (SELECT day, stream, sum(entries) AS entries, sum(bytes) AS bytes, min(first_at) AS first_at,
                max(last_at) AS last_at FROM log_chunk GROUP BY day, stream) AS c
            """)
        return Picture(lines: lines, sums: sums)
    }

    /// Merges what there is to merge; returns how many chunks that took and how many pieces.
    @discardableResult
    private func merge(_ connection: Connection) throws -> (taken: Int, pieces: Int) {
        var merge = LogMerge()
        var (taken, pieces) = (0, 0)
        while try merge.advance(connection, { (taken, pieces) = (taken + $0.taken, pieces + 1) }) != nil {}
        return (taken, pieces)
    }

    /// The same as a relay does it: a piece that is in the way of another's is done later.
    private func mergePatiently(_ connection: Connection) throws {
        var merge = LogMerge()
        var goesOn = true
        while goesOn {
            do { goesOn = try merge.advance(connection) { _ in } != nil } catch {
                guard error.sqlState == .lockNotAvailable else { throw error }
            }
        }
    }

    private func count(_ connection: Connection, _ condition: String = "true") throws -> Int {
        try connection.query(SQL(script: "SELECT count(*) FROM log_chunk WHERE \(condition)")).get(0, 0)
    }

    @Test(arguments: [(0.1, "1 + (random() ^ 8 * 900)::int"), (0.2, "1"), (0.3, "(random() ^ 3 * 1000)::int + 1")])
    func everyLineStaysAsItWasInChunksWithinTheLimits(seed: Double, lines: String) throws {
        try withHours { _, connection in
            try fill(connection, streams: 5, chunks: 250, lines: lines, seed: seed)
            // One that settles still, and one that is alone.
            try connection.script(
                """
                INSERT INTO log_chunk (stream, first_at, last_at, entries, bytes, at, level, lines)
                SELECT 1, 7, 7, 1, 1, '{7}', '{i}', ARRAY[n::text] FROM generate_series(1, 9) AS n;
                INSERT INTO log_chunk (day, stream, first_at, last_at, arrived_at, entries, bytes, at, level, lines)
                SELECT (arrived AT TIME ZONE 'UTC')::date, 6, 7, 7, arrived, 1, 1, '{7}', '{i}', '{x}' FROM log_merge;
                """)
            let before = try picture(connection)
            let large = try count(connection, "entries >= 500")
            let chunks = try count(connection)
            let taken = try merge(connection).taken
            #expect(taken > 0)
            #expect(try picture(connection) == before)
            #expect(try count(connection) < chunks)
            #expect(try count(connection, "entries > 1000 OR bytes > 524288") == 0)
            #expect(
                try count(
                    connection,
                    """
                    entries <> cardinality(at) OR entries <> cardinality(lines) OR entries <> cardinality(level)
                    OR entries <> coalesce(cardinality(metadata), entries)
                    OR first_at <> at[1] OR last_at <> at[entries] OR day <> (arrived_at AT TIME ZONE 'UTC')::date
                    OR bytes <> (SELECT sum(octet_length(t)) FROM unnest(lines) AS t)
                    """) == 0)
            #expect(try count(connection, "entries >= 500") >= large)
            #expect(try count(connection, "stream = 1 AND entries = 1 AND first_at = 7 AND last_at = 7") >= 9)
            // Two hours of some streams, and no more than a rest of each between large ones.
            #expect(try merge(connection).taken == 0)
            #expect(
                try connection.query("SELECT arrived >= now() - interval '4500 seconds' FROM log_merge").get(0, 0))
        }
    }

    @Test func manyChunksOfOneStreamAreMergedInPieces() throws {
        try withHours { _, connection in
            try fill(connection, streams: 1, chunks: 9000, lines: "1", seed: 0.4)
            let before = try picture(connection)
            let done = try merge(connection)
            #expect(done.taken >= 9000)
            #expect(done.taken < 9100)
            #expect(done.pieces >= 6)
            #expect(try picture(connection) == before)
            #expect(try count(connection) == 18)
        }
    }

    @Test func metadataCountsAsItIsReadAndNotAsItIsCompressed() throws {
        try withHours { _, connection in
            try connection.script(
                """
                INSERT INTO log_chunk
                    (day, stream, first_at, last_at, arrived_at, entries, bytes, at, level, lines, metadata)
                SELECT (t AT TIME ZONE 'UTC')::date, 1, i, i, t, 1, 1, ARRAY[i], '{i}', '{x}',
                    ARRAY['{"k":"' || repeat('v', 60000) || '"}']
                FROM generate_series(1, 40) AS i, log_merge, LATERAL (SELECT arrived + i * interval '1 s') AS a (t)
                """)
            let before = try picture(connection)
            #expect(try merge(connection).taken == 40)
            #expect(try count(connection, "octet_length(metadata::text) > 524288") == 0)
            #expect(try (5...20).contains(count(connection)))
            #expect(try picture(connection) == before)
        }
    }

    @Test func longLinesAreNotGatheredPastTheBytesOfAChunk() throws {
        try withHours { _, connection in
            try fill(connection, streams: 2, chunks: 100, lines: "1 + (random() * 5)::int", seed: 0.5)
            try connection.script(
                """
                UPDATE log_chunk c SET lines = l.lines, bytes = l.bytes FROM (
                    SELECT id, array_agg(repeat(line, 500)) AS lines, sum(octet_length(line) * 500) AS bytes
                    FROM log_chunk, unnest(lines) AS line GROUP BY id) AS l WHERE l.id = c.id
                """)
            let before = try picture(connection)
            #expect(try merge(connection).taken > 0)
            #expect(try picture(connection) == before)
            #expect(try count(connection, "bytes > 524288 AND entries > 6") == 0)
        }
    }

    @Test func aSnapshotSeesTheSameBeforeAndAfter() throws {
        try withHours { database, connection in
            try fill(connection, streams: 5, chunks: 500, lines: "1", seed: 0.6)
            let reader = try database.connect()
            defer { reader.close() }
            let (before, after) = try reader.transaction(.snapshot) { tx throws(PostgresError) in
                let before = try tx.query("SELECT count(*), sum(entries)::bigint FROM log_chunk")
                _ = try connection.query("SELECT 1")
                do { try merge(connection) } catch { Issue.record(error) }
                let after = try tx.query("SELECT count(*), sum(entries)::bigint FROM log_chunk")
                return (try before.get(0, 0, as: Int.self), try after.get(0, 0, as: Int.self))
            }
            #expect(before == 500)
            #expect(after == 500)
            #expect(try count(connection) < 20)
        }
    }

    @Test func severalRelaysAndWorkersAtOnceLoseAndDoubleNothing() throws {
        try withHours { database, connection in
            try fill(connection, streams: 6, chunks: 8000, lines: "1 + (random() * 3)::int", seed: 0.7)
            let before = try picture(connection)
            let mergers = (0..<3).map { _ in
                TestThread {
                    do {
                        let connection = try database.connect()
                        defer { connection.close() }
                        try self.mergePatiently(connection)
                    } catch {
                        Issue.record(error)
                    }
                }
            }
            for thread in mergers { thread.join() }
            #expect(try picture(connection) == before)
            #expect(try count(connection) < 100)
        }
    }

    @Test func aPieceThatIsInTheWayOfAnotherGivesUpAndIsDoneLater() throws {
        try withHours { database, connection in
            try fill(connection, streams: 5, chunks: 500, lines: "1", seed: 0.8)
            let before = try picture(connection)
            let other = try database.connect()
            defer { other.close() }
            let transaction = other.begin()
            try transaction.execute("LOCK TABLE log_chunk IN ACCESS EXCLUSIVE MODE")
            #expect(throws: PostgresError.self) { try merge(connection) }
            transaction.rollback()
            #expect(try merge(connection).taken > 400)
            #expect(try picture(connection) == before)
        }
    }

    /// Arrays of different lengths are nothing that a worker writes: they stay, and so does the progress of the rest.
    @Test func whatDoesNotAddUpStaysAndHoldsUpNothingElse() throws {
        try withHours { _, connection in
            try fill(connection, streams: 1, chunks: 10, lines: "1", seed: 0.9)
            try connection.script("UPDATE log_chunk SET entries = 2")
            var merge = LogMerge()
            var faults = 0
            var goesOn = true
            while goesOn {
                do { goesOn = try merge.advance(connection) { _ in } != nil } catch { faults += 1 }
            }
            #expect(faults == 2)
            #expect(try count(connection) == 10)
            #expect(
                try connection.query("SELECT arrived >= now() - interval '4500 seconds' FROM log_merge").get(0, 0))
        }
    }

    @Test func whileEventsWaitNothingIsMerged() throws {
        try withHours { _, connection in
            try fill(connection, streams: 1, chunks: 10, lines: "1", seed: 0.9)
            try connection.script(
                """
                INSERT INTO outbox (due_at, days, keys, sequences)
                VALUES (now() - interval '1 minute', '{2026-01-01}', ARRAY[gen_random_uuid()], '{1}')
                """)
            var merge = LogMerge()
            #expect(try merge.advance(connection) { _ in } == .seconds(10))
            #expect(try count(connection) == 10)
        }
    }
}

/// Who can be asked for one text.
private protocol Asking {
    func ask(_ sql: SQL) throws -> String
}

extension Connection: Asking {
    fileprivate func ask(_ sql: SQL) throws -> String { try query(sql).get(0, 0) }
}

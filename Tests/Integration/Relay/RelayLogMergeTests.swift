import Contracts
import Postgres
import Runtime
import TestSupport
import Testing

/// Relays that merge small chunks of lines, beside those who store and read lines.
@Suite(.servers) struct RelayLogMergeTests {
    /// Searches, a follower and a worker notice nothing, also when a relay is killed in the middle.
    @Test func readersAndWorkersNoticeNothing() throws {
        try withLogs { logs in
            // A chunk a line, an hour and a half ago at least.
            try logs.database.script(
                """
                UPDATE log_merge SET arrived = arrived - interval '3 hours';
                INSERT INTO log_stream (tenant, hash, labels)
                SELECT 'default', gen_random_uuid(), jsonb_build_object('host', 'h' || i, 'service_name', 'old')
                FROM generate_series(1, 20) AS i;
                INSERT INTO log_chunk (day, stream, first_at, last_at, arrived_at, entries, bytes, at, level, lines)
                SELECT (t AT TIME ZONE 'UTC')::date, s.id, n, n, t, 1, 13, ARRAY[n], '{i}',
                    ARRAY['old ' || lpad(i::text, 9, '0')]
                FROM generate_series(1, 20000) AS i, log_merge,
                    LATERAL (SELECT arrived + i * interval '100 ms') AS a (t),
                    LATERAL (SELECT (extract(epoch FROM t) * 1e9)::bigint) AS b (n), LATERAL (
                        SELECT id FROM log_stream WHERE labels->>'host' = 'h' || (1 + i % 20)) AS s
                ORDER BY i
                """)
            try logs.cluster.start("ingest-logs", ["PREFETCH": "20"])
            let words = ["service=old", "--since", "5h", "--limit", "20000"]
            let before = try logs.found(words)
            #expect(before.count == 20_000)
            let follower = try logs.cluster.launch(
                "ruche", arguments: ["logs", "-f", "-o", "jsonl", "--since", "6h", "--limit", "1"])
            try follower.waitForLine(containing: "following lines")

            func chunks() throws -> Int {
                try logs.cluster.number(
                    """
                    SELECT count(*) FROM log_chunk c JOIN log_stream s ON s.id = c.stream
                    WHERE s.labels->>'service_name' = 'old'
                    """)
            }
            let ended = Stop()
            let cluster = logs.cluster
            let searcher = TestThread {
                while !ended.isRequested {
                    do {
                        let run = try cluster.run("ruche", ["logs", "-o", "jsonl"] + words)
                        #expect(try IngestLogsFixture.texts(run.output) == before)
                    } catch {
                        Issue.record(error)
                    }
                }
            }
            defer {
                ended.request()
                searcher.join()
            }
            let relay = try logs.cluster.start("relay")
            let lines = (0..<500).map { number in
                IngestLogsFixture.Line(time: IngestLogsFixture.ago(1), text: "new \(number)")
            }
            try logs.store(lines, in: 10)
            try eventually("some are merged") { try chunks() < 15_000 }
            relay.kill()
            #expect(try logs.found(words) == before)
            for _ in 0..<2 { try logs.cluster.start("relay") }
            try eventually("all are merged", within: 60) { try chunks() == 40 }
            #expect(try logs.found(words) == before)
            let stored = try logs.stored()
            #expect(stored.count == 20_500)
            #expect(stored.values.allSatisfy { $0 == 1 })
            // Only what is new was printed, and the one line that was there.
            try eventually("the follower has printed what is new") {
                follower.output.prefix { _ in true }.split(separator: "\n").count >= 502
            }
            try logs.store([IngestLogsFixture.Line(time: IngestLogsFixture.ago(1), text: "last")], id: "last")
            try follower.waitForLine(containing: "\"last\"")
            let printed = try IngestLogsFixture.texts(String(follower.output.prefix { _ in true }))
            #expect(printed.count { $0.hasPrefix("new ") } == 500)
            #expect(printed.count { $0.hasPrefix("old ") } == 1)
        }
    }
}

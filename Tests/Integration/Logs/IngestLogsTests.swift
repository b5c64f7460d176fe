import AMQP
import Contracts
import Foundation
import Postgres
import Runtime
import Sealing
import TestSupport
import Testing

/// Lines of logs through the real worker, broker and database.
@Suite(.servers) struct IngestLogsTests {
    @Test func tenThousandLinesAreKeptOnceEachAndCounted() throws {
        try withLogs { logs in
            try logs.cluster.start("ingest-logs")
            for message in 0..<100 {
                let lines = (0..<100).map { "\($0 % 10 == 0 ? "ERROR" : "INFO") line \(message) \($0)" }
                try logs.load.publish(IngestLogsFixture.message(lines, hosts: 40), id: "message \(message)")
            }
            try logs.load.settle()
            try logs.log.receive { $0.outcomes.count == 100 }
            #expect(logs.log.summary == [.succeeded: 100])
            let stored = try logs.stored()
            #expect(stored.count == 10_000)
            #expect(stored.values.allSatisfy { $0 == 1 })
            #expect(try logs.counted() == 10_000)
            #expect(try logs.cluster.number("SELECT count(*) FROM log_stream") == 40)
            #expect(
                try logs.cluster.number("SELECT sum(entries)::bigint FROM log_count WHERE level = 'e'") == 1000)
            // What succeeded is not kept a second time.
            #expect(try logs.cluster.number("SELECT count(payload) FROM job") == 0)
        }
    }

    /// A line that syslog-ng dated wrongly is in a completion that nobody reads.
    @Test func metricsSayHowManyLinesWereRejectedAndWhy() throws {
        try withLogs { logs in
            let worker = try logs.cluster.start("ingest-logs")
            let old = IngestLogsFixture.message(["old", "older"], at: .now - .seconds(30 * 86_400))
            let ahead = IngestLogsFixture.message(["ahead"], at: .now + .seconds(86_400))
            // The second has an id that is known, and counts no more than it stores.
            for _ in 0..<2 { _ = try logs.ingested("good", IngestLogsFixture.message(["a", "b", "c"]).json()) }
            #expect(try logs.ingested("old", old.json()).rejected == 2)
            #expect(try logs.ingested("ahead", ahead.json()).rejected == 1)
            try eventually("they are counted") {
                try worker.get("metrics").body.contains(#"outcome="rejected",reason="too-far-ahead"} 1"#)
            }
            let lines = try worker.get("metrics").body.split(separator: "\n").filter {
                $0.hasPrefix("ruche_log_lines_total")
            }
            #expect(
                lines == [
                    #"ruche_log_lines_total{outcome="accepted",reason=""} 3"#,
                    #"ruche_log_lines_total{outcome="rejected",reason="too-far-ahead"} 1"#,
                    #"ruche_log_lines_total{outcome="rejected",reason="too-old"} 2"#,
                ])
        }
    }

    /// What a worker's wrong clock would leave out is judged by the database's.
    @Test(
        .enabled(if: NemesisClocks.areThere || TestServers.isCI, "needs libfaketime"), arguments: [-172_800, 2_592_000])
    func aWrongClockLeavesNothingOut(seconds: Int) throws {
        try withLogs { logs in
            let clocks = try #require(NemesisClocks(directory: logs.cluster.directory))
            let environment = clocks.environment(of: 0)
            try clocks.step(0, by: seconds)
            try logs.cluster.start("ingest-logs", environment)
            #expect(try logs.ingested("now", IngestLogsFixture.message(["now"], at: .now).json()).accepted == 1)
            let old = IngestLogsFixture.message(["old"], at: .now - .seconds(30 * 86_400))
            #expect(try logs.ingested("old", old.json()).rejected == 1)
            let ahead = IngestLogsFixture.message(["ahead"], at: .now + .seconds(86_400 * 60))
            #expect(try logs.ingested("ahead", ahead.json()).rejected == 1)
        }
    }

    @Test func aMessageIsKeptOncePerIdAndEqualMessagesWithoutAreTwo() throws {
        try withLogs { logs in
            try logs.cluster.start("ingest-logs")
            let body = IngestLogsFixture.message(["with id"]).json()
            for _ in 0..<3 { try logs.load.publish(IngestLogs.name, id: "a", body: body) }
            let nameless = IngestLogsFixture.message(["without"]).json()
            for _ in 0..<3 { try logs.publishNameless(nameless) }
            // Handed out before: the solo lane counts their starts by their bytes, and does each all the same.
            let again = IngestLogsFixture.message(["handed out before"]).json()
            for _ in 0..<3 {
                try logs.load.publish(IngestLogs.name, id: nil, body: again) { $0.headers["x-delivery-count"] = 1 }
            }
            try logs.load.settle()
            try logs.log.receive { $0.events.count >= 9 }
            #expect(try logs.stored() == ["with id": 1, "without": 3, "handed out before": 3])
        }
    }

    @Test func aNamelessMessageThatKillsItsWorkerIsBuried() throws {
        try withLogs { logs in
            try logs.cluster.start("ingest-logs")
            let body = IngestLogsFixture.message(["killer"]).json()
            let hash = Digest.sha256(body)
            let key = Digest.key(IngestLogs.name.rawValue, Topology.defaultTenant, "id-missing", Hex.text(hash))
            // What three starts without an end leave behind.
            try logs.database.execute(
                """
                INSERT INTO job_key (key, day, state, turn, attempt, sequence, solo_starts, body_hash)
                VALUES (\(UniqueID(high: key.0, low: key.1)), current_date, 'x', 0, 0, 0, 3, \(Bytes(hash)))
                """)
            for number in 1...2 {
                try logs.load.publish(IngestLogs.name, id: nil, body: body) { $0.headers["x-delivery-count"] = 3 }
                try logs.load.settle()
                // The second is told the same: its bytes are known.
                try logs.log.receive { $0.events.count { $0.kind == .dead } == number }
            }
            #expect(try Reason(json: logs.log.events[0].data).reason == "killed-the-worker")
            #expect(try logs.kept() == 0)
        }
    }

    @Test func whatIsValidIsKeptAndTheRestToldWithItsPlace() throws {
        try withLogs { logs in
            try logs.cluster.start("ingest-logs")
            let now = Timestamp.now.microseconds * 1000
            let old = now - 8 * 86_400_000_000_000
            let body = #"""
                {"streams":[
                    {"stream":{"app":"shop"},"values":[["\#(now)","kept"],["\#(old)","old"],["x","no time"]]},
                    {"stream":{"bad-name":"x"},"values":[["\#(now)","lost"],["\#(now)","lost"]]},
                    {"stream":{"app":"shop"},"values":[["\#(now + 1)","kept too",{"trace_id":"t1"}]]}]}
                """#
            let completion = try logs.ingested("a", Array(body.utf8))
            #expect(completion.accepted == 2)
            #expect(completion.rejected == 4)
            let reasons = Dictionary(uniqueKeysWithValues: completion.reasons.map { ($0.code, $0) })
            #expect(reasons["too-old"]?.pointer == "/streams/0/values/1/0")
            #expect(reasons["time-invalid"]?.pointer == "/streams/0/values/2/0")
            #expect(reasons["label-name-invalid"]?.pointer == "/streams/1/stream/bad-name")
            #expect(reasons["label-name-invalid"]?.count == 2)
            #expect(try logs.stored() == ["kept": 1, "kept too": 1])
        }
    }

    @Test func hostileBytesCostNothingButThemselves() throws {
        try withLogs { logs in
            try logs.cluster.start("ingest-logs")
            var body = Array(#"{"records":[{"message":"a"#.utf8)
            body += [0xFF, 0x00, 0x1B, 0xC3]
            body += Array(#"b\u0000\ud800c","host":"h\u0000","we\u0000ird\ud800":"x"},{"message":"plain"}]}"#.utf8)
            #expect(try logs.ingested("a", body).accepted == 2)
            #expect(try logs.stored() == ["a\u{FFFD}\u{FFFD}\u{1B}\u{FFFD}b\u{FFFD}\u{FFFD}c": 1, "plain": 1])
            let host = try logs.database.query("SELECT labels->>'host' FROM log_stream WHERE labels ? 'host'")
            #expect(try host.get(0, 0) == "h\u{FFFD}")
            let metadata = try logs.database.query(
                "SELECT metadata[1]::jsonb->>E'we\\uFFFDird\\uFFFD' FROM log_chunk WHERE metadata IS NOT NULL")
            #expect(try metadata.get(0, 0) == "x")

            // What is no JSON at all fails alone.
            try logs.load.publish(IngestLogs.name, id: "cut", body: Array(body.dropLast(3)))
            #expect(try logs.log.outcome(of: "cut").kind == .failed)
            #expect(try logs.kept() == 2)
        }
    }

    @Test func aDayWithoutAPartitionIsWaitedFor() throws {
        try withLogs { logs in
            try logs.database.script(
                "DO $$ BEGIN EXECUTE 'DROP TABLE log_chunk_' || to_char(current_date, 'YYYYMMDD'); END $$")
            try logs.cluster.start("ingest-logs")
            try logs.load.publish(IngestLogsFixture.message(["late"]), id: "a")
            try logs.log.receive { $0.events.contains { $0.kind == .retrying } }
            #expect(try logs.counted() == 0)
            // The relay makes the day, and brings the command back.
            try logs.cluster.start("relay")
            #expect(try logs.log.outcome(of: "a").kind == .succeeded)
            #expect(try logs.stored() == ["late": 1])
            #expect(try logs.counted() == 1)
        }
    }

    @Test func theDoctorMissesTomorrowsPartition() throws {
        try withLogs { logs in
            #expect(try logs.cluster.run("ruche", ["doctor"]).output.contains("14 days ahead"))
            try logs.database.script(
                "DO $$ BEGIN EXECUTE 'DROP TABLE log_count_' || to_char(current_date + 1, 'YYYYMMDD'); END $$")
            let doctor = try logs.cluster.run("ruche", ["doctor"])
            #expect(doctor.output.contains("0 days ahead"))
            #expect(doctor.status != 0)
        }
    }

    /// Between these two zones midnight always lies.
    @Test(arguments: ["Pacific/Kiritimati", "Etc/GMT+12"])
    func daysAndHoursAreThoseOfUTCWhateverZoneIsSet(zone: String) throws {
        try withLogs { logs in
            try logs.database.script(
                """
                DO $$ BEGIN
                    EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), '\(zone)');
                END $$
                """)
            try logs.cluster.start("relay", ["PGTZ": zone])
            try logs.cluster.start("ingest-logs", ["PGTZ": zone])
            #expect(try logs.ingested("a", IngestLogsFixture.message(["line"]).json()).accepted == 1)
            let hours = try logs.cluster.number(
                """
                SELECT count(*) FROM log_chunk c
                JOIN log_stream s ON s.id = c.stream JOIN log_count n ON n.stream = s.id
                WHERE c.day = (c.arrived_at AT TIME ZONE 'UTC')::date AND s.seen = c.day
                AND n.day + make_interval(hours => n.hour) = date_trunc('hour', c.arrived_at AT TIME ZONE 'UTC')
                """)
            #expect(hours == 1)
            var environment = logs.cluster.environment
            environment["PGTZ"] = zone
            for (words, said) in [(["logs"], "line\n"), (["logs", "stats", "--by", "level", "--no-headers"], " 1 ")] {
                let run = try FinishedProcess(
                    path: "\(logs.cluster.servers.binaries)/ruche", arguments: words, environment: environment)
                #expect(run.output.contains(said), "\(words): \(run.output)\(run.errors)")
            }
        }
    }

    @Test func twoWorkersFillTheSameNewStreams() throws {
        try withLogs { logs in
            for message in 0..<1000 {
                try logs.load.publish(
                    IngestLogsFixture.message((0..<10).map { "line \(message) \($0)" }, hosts: 10), id: "\(message)")
            }
            try logs.load.settle()
            for _ in 0..<2 { try logs.cluster.start("ingest-logs", ["PREFETCH": "50"]) }
            try logs.log.receive { $0.outcomes.count == 1000 }
            #expect(logs.log.summary == [.succeeded: 1000])
            let stored = try logs.stored()
            #expect(stored.count == 10_000)
            #expect(stored.values.allSatisfy { $0 == 1 })
            #expect(try logs.cluster.number("SELECT count(*) FROM log_stream") == 10)
            #expect(try logs.counted() == 10_000)
            #expect(try logs.cluster.number("SELECT count(DISTINCT worker) FROM job") == 2)
        }
    }

    @Test func killedWorkersKeepEachLineOnceWithAnIdAndAtLeastOnceWithout() throws {
        try withLogs { logs in
            try logs.cluster.start("relay")
            let workers = (0..<2).map { _ in Supervised(logs.cluster, "ingest-logs", ["PREFETCH": "20"]) }
            defer { for worker in workers { worker.stop() } }
            let cluster = logs.cluster
            let killer = TestThread {
                // Each kill waits for the sign that work is being done.
                for (kill, worker) in [0, 1, 0, 1].map({ workers[$0] }).enumerated() {
                    do {
                        try eventually("lines are stored", within: 60) {
                            try cluster.number("SELECT coalesce(sum(entries), 0)::bigint FROM log_chunk") > kill * 2000
                        }
                        worker.kill()
                    } catch {
                        Issue.record(error)
                    }
                }
            }
            for message in 0..<1000 {
                let lines = (0..<10).map { "\(message % 2 == 0 ? "id" : "none") \(message) \($0)" }
                let body = IngestLogsFixture.message(lines, hosts: 5).json()
                try logs.load.publish(IngestLogs.name, id: message % 2 == 0 ? "\(message)" : nil, body: body)
            }
            try logs.load.settle()
            killer.join()
            try eventually("everything is stored", within: 90) {
                try cluster.number("SELECT count(DISTINCT line) FROM log_chunk, unnest(lines) AS line") == 10_000
            }
            try eventually("nothing is left in the queue", within: 60) {
                try Rest(cluster, commands: [IngestLogs.name]).queued == 0
            }
            let stored = try logs.stored()
            #expect(stored.filter { $0.key.hasPrefix("id") && $0.value != 1 }.isEmpty)
            #expect(stored.filter { $0.key.hasPrefix("none") }.count == 5000)
            #expect(try logs.counted() == logs.kept())
        }
    }
}

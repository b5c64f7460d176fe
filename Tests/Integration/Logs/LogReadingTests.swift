import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// `ruche logs` over lines that the real worker stored.
@Suite(.servers) struct LogReadingTests {
    private typealias Line = IngestLogsFixture.Line

    @Test func linesAreFoundByLabelsLevelTextAndTime() throws {
        try withLogs { logs in
            try logs.cluster.start("ingest-logs")
            func line(_ age: Int64, _ text: String, _ host: String, _ service: String, _ level: LogSeverity) -> Line {
                Line(
                    time: IngestLogsFixture.ago(age), text: text, labels: ["host": host, "service": service],
                    level: level)
            }
            var lines = [
                line(7000, "old timeout", "web-1", "nginx", .error), line(300, "GET / 200", "web-1", "nginx", .info),
                line(200, "upstream timeout", "web-1", "nginx", .error),
                line(100, "health timeout", "web-2", "nginx", .warn), line(50, "paid 100%_", "db-1", "shop", .info),
                line(40, "50% \\d Ünïcode 'quoted'", "db-1", "shop", .fatal),
            ]
            lines.append(Line(time: IngestLogsFixture.ago(30), text: "no host", labels: ["app": "cron"], level: .debug))
            try logs.store(lines)
            for (words, texts) in [
                ([], [1, 2, 3, 4, 5, 6]), (["--since", "3h"], [0, 1, 2, 3, 4, 5, 6]),
                (["--since", "3h", "--until", "150s"], [0, 1, 2]), (["--until", "3h"], []),
                (["host=web-1"], [1, 2]), (["host!=web-1"], [3, 4, 5, 6]), (["host=~web-.*"], [1, 2, 3]),
                (["host=~web"], []), (["host=~(?i)WEB-[12]"], [1, 2, 3]), (["host!~web.*|db-1"], [6]),
                (["host="], [6]), (["host!="], [1, 2, 3, 4, 5]), (["service=cron"], [6]),
                (["service=nginx", "host=web-2"], [3]), (["service=nginx", "host=db-1"], []),
                (["level=error"], [2]), (["level=error,warning"], [2, 3]), (["level!=info,debug"], [2, 3, 5]),
                (["--text", "timeout"], [2, 3]), (["--text", "timeout", "--text", "up"], [2]),
                (["--text", "timeout", "--not", "health"], [2]), (["--text", "Timeout"], []),
                (["--text", "%"], [4, 5]), (["--text", "100%_"], [4]), (["--text", "'"], [5]),
                (["--text", "Ünïcode"], [5]), (["--regex", "^GET .* 200$"], [1]), (["--regex", "\\d{3}%"], [4]),
                (["--limit", "2"], [5, 6]), (["--limit", "2", "--text", "timeout", "--since", "1d"], [2, 3]),
                (["--limit", "9", "--text", "timeout", "--since", "1d"], [0, 2, 3]), (["--tenant", "other"], []),
            ] as [([String], [Int])] {
                #expect(try logs.found(words) == texts.map { lines[$0].text }, "\(words)")
            }
        }
    }

    @Test func everyFormatShowsALineAndItsSchemaHolds() throws {
        try withLogs { logs in
            try logs.cluster.start("ingest-logs")
            let time = IngestLogsFixture.ago(60) / 1000 * 1000 + 789
            try logs.store([Line(time: time, text: "a\u{1B}[2J \"b\"", level: .error)])
            func run(_ words: [String]) throws -> FinishedProcess {
                try logs.cluster.run("ruche", ["logs"] + words)
            }
            let stamp = Timestamp(microseconds: time / 1000).rfc3339
            let table = try run([]).output
            #expect(table.hasPrefix(stamp.prefix(19)))
            #expect(table.hasSuffix(#"Z web-1 shop error a\u{1b}[2J "b""# + "\n"))
            #expect(try run(["--color", "always"]).output.contains("\u{1B}[31merror\u{1B}[0m"))
            let schema = try JSONShape(contentsOf: schemaPath("logs"))
            let json = try run(["--json"]).output
            #expect(try schema.faults(in: json) == [])
            #expect(json.contains("789Z\""))
            #expect(json.contains(#""metadata":{"level":"error"}"#))
            #expect(try schema.faults(inElement: run(["-o", "jsonl"]).output) == [])
            #expect(try run(["-o", "csv"]).output.contains(#""a"# + "\u{1B}" + #"[2J ""b""""#))
            #expect(try run(["--json", "host=none"]).output == "[]\n")

            for (words, said) in [
                (["--regex", "("], "regular expression"), (["host=~("], "regular expression"),
                (["nonsense"], "selects nothing"), (["level=eror"], "level=error"), (["--since", "x"], "--since"),
                (["-f", "--until", "1h"], "contradict"), (["-f", "--json"], "jsonl"), (["--limit", "0"], "--limit"),
            ] as [([String], String)] {
                let refused = try run(words)
                #expect(refused.status == 2 && refused.errors.contains(said), "\(words): \(refused.errors)")
            }
        }
    }

    /// Chunks that overlap, with lines up to six days old among new ones: whatever the limit, no line is missed.
    @Test func theNewestLinesAreFoundWhereverTheirChunksLie() throws {
        try withLogs { logs in
            try logs.cluster.start("ingest-logs", ["PREFETCH": "7"])
            var random = SeededRandom(seed: 3)
            let lines = (0..<1000).map { number in
                let age = [30, 1000, 20_000, 500_000][random.next(below: 4)]
                let time = IngestLogsFixture.ago(5 + Int64(random.next(below: age)))
                return Line(time: time, text: "line \(number)", labels: ["host": "h\(number % 3)"])
            }
            try logs.store(lines, in: 20)
            let sorted = lines.sorted { $0.time < $1.time }
            for limit in [1, 7, 200, 900, 2000] {
                #expect(
                    try logs.found(["--since", "7d", "--limit", "\(limit)"]) == sorted.suffix(limit).map(\.text))
            }
            let end = Timestamp(microseconds: sorted[600].time / 1_000_000 * 1000)
            let start = Timestamp(microseconds: sorted[300].time / 1_000_000 * 1000)
            let range = sorted.filter {
                $0.time >= start.microseconds * 1000 && $0.time < end.microseconds * 1000 && $0.labels["host"] == "h1"
            }
            let words = ["host=h1", "--since", start.rfc3339, "--until", end.rfc3339]
            #expect(try logs.found(words + ["--limit", "1000"]) == range.map(\.text))
            #expect(try logs.found(words + ["--limit", "10"]) == range.suffix(10).map(\.text))
        }
    }

    @Test func daysOnWhichNoLineOfTheRangeCanHaveArrivedAreNotTouched() throws {
        try withLogs { logs in
            try logs.cluster.start("ingest-logs")
            try logs.store([Line(time: IngestLogsFixture.ago(60), text: "now")])
            let other = try logs.cluster.database()
            defer { other.close() }
            try other.script(
                """
                DO $$ BEGIN EXECUTE format('CREATE TABLE log_chunk_past PARTITION OF log_chunk FOR VALUES FROM (%L) TO '
                    '(%L)', current_date - 6, current_date - 5); END $$
                """)
            var environment = logs.cluster.environment
            environment["PGOPTIONS"] = "-c lock_timeout=2s"
            // Whoever plans to read a partition locks it.
            let transaction = other.begin()
            try transaction.execute("LOCK TABLE log_chunk_past IN ACCESS EXCLUSIVE MODE")
            for (since, code) in [("1h", 0), ("3d", 0), ("7d", 1)] as [(String, Int32)] {
                let run = try FinishedProcess(
                    path: "\(logs.cluster.servers.binaries)/ruche", arguments: ["logs", "--since", since],
                    environment: environment)
                #expect(run.status == code, "\(since): \(run.errors)")
            }
            transaction.rollback()
        }
    }

    @Test func statisticsAgreeWithTheLinesAndReadNone() throws {
        try withLogs { logs in
            try logs.cluster.start("ingest-logs")
            let lines = (0..<300).map { number in
                Line(
                    time: IngestLogsFixture.ago(Int64(number)), text: String(repeating: "x", count: number % 7),
                    labels: ["host": "h\(number % 3)", "service": "shop", "env": number % 2 == 0 ? "live" : "test"],
                    level: number % 10 == 0 ? .error : .info)
            }
            try logs.store(lines, in: 50)
            // Without the lines the counters are still there.
            try logs.database.script("DELETE FROM log_chunk")
            func stats(_ words: [String]) throws -> [String] {
                let run = try logs.cluster.run("ruche", ["logs", "stats", "-o", "csv", "--no-headers"] + words)
                return run.output.split(separator: "\r\n").map(String.init)
            }
            func expected(_ lines: [Line], _ key: (Line) -> String) -> [String] {
                Dictionary(grouping: lines, by: key).map { key, lines in
                    "\(key),\(lines.count),\(lines.reduce(0) { $0 + $1.text.utf8.count })"
                }.sorted()
            }
            #expect(
                try stats([]).sorted()
                    == expected(lines) { "\($0.labels["host"]!),shop,\($0.level!.rawValue)" })
            #expect(
                try stats(["--by", "env,level", "host=h1"]).sorted()
                    == expected(lines.filter { $0.labels["host"] == "h1" }) {
                        "\($0.labels["env"]!),\($0.level!.rawValue)"
                    })
            #expect(try stats(["level=error", "--by", "service"]).map { $0.prefix(7) } == ["shop,30"])
            #expect(try stats(["--by", "service", "--until", "2h"]).isEmpty)
            #expect(try stats(["--limit", "2"]).count == 2)
            let json = try logs.cluster.run("ruche", ["logs", "stats", "--json"]).output
            #expect(try JSONShape(contentsOf: schemaPath("logs-stats")).faults(in: json) == [])
        }
    }
}

import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// `ruche logs --follow` beside the real worker.
@Suite(.servers) struct LogFollowingTests {
    private typealias Line = IngestLogsFixture.Line

    /// What a follower has printed, each text with how often.
    private func counts(_ follower: RunningProcess) throws -> [String: Int] {
        let whole = follower.output.prefix { _ in true }.split(separator: "\n", omittingEmptySubsequences: false)
        let texts = try IngestLogsFixture.texts(whole.dropLast().joined(separator: "\n"))
        return Dictionary(texts.map { ($0, 1) }, uniquingKeysWith: +)
    }

    @Test func linesArePrintedOnceEachAsTheyArriveLateDatedOnesToo() throws {
        try withLogs { logs in
            for _ in 0..<2 { try logs.cluster.start("ingest-logs", ["PREFETCH": "20"]) }
            let before = (0..<5).map { Line(time: IngestLogsFixture.ago(60 - Int64($0)), text: "before \($0)") }
            try logs.store(before, id: "before")
            let follower = try logs.cluster.launch(
                "ruche", arguments: ["logs", "-f", "-o", "jsonl", "--limit", "3", "service=shop", "--not", "hidden"])
            try follower.waitForLine(containing: "following lines")
            #expect(try counts(follower) == ["before 2": 1, "before 3": 1, "before 4": 1])

            // Of now, of days ago, of another service, and of a stream that did not exist.
            let lines = (0..<2000).map { number in
                let labels = ["host": "h\(number % 5)", "service": number % 4 == 3 ? "other" : "shop"]
                let age: Int64 = number % 2 == 0 ? 1 : 400_000
                return Line(
                    time: IngestLogsFixture.ago(age), text: "line \(number)\(number % 100 == 0 ? " hidden" : "")",
                    labels: labels)
            }
            try logs.store(lines, in: 10, id: "lines")
            let wanted = lines.filter { $0.labels["service"] == "shop" && !$0.text.contains("hidden") }
            try eventually("every line is printed") { try counts(follower).count >= wanted.count + 3 }
            let printed = try counts(follower)
            #expect(Set(printed.keys) == Set(wanted.map(\.text) + ["before 2", "before 3", "before 4"]))
            #expect(printed.values.allSatisfy { $0 == 1 })
            #expect(follower.terminate() != 0)
        }
    }

    @Test func linesOfAnOutageAreNotMissedAndNoneIsPrintedTwice() throws {
        try withLogs { logs in
            try logs.cluster.start("ingest-logs")
            try logs.store([Line(time: IngestLogsFixture.ago(1), text: "before")], id: "before")
            let follower = try logs.cluster.launch("ruche", arguments: ["logs", "-f", "-o", "jsonl"])
            try follower.waitForLine(containing: "following lines")
            for round in 1...2 {
                try logs.cluster.withoutDatabase {
                    try eventually("it says so") {
                        follower.output.components(separatedBy: "trying again").count == round + 1
                    }
                    // Sent while nobody can store it.
                    try logs.load.publish(
                        IngestLogsFixture.message(["during \(round)"]), id: "during \(round)")
                    try logs.load.settle()
                }
                try follower.waitForLine(containing: "during \(round)")
                try logs.store([Line(time: IngestLogsFixture.ago(1), text: "after \(round)")], id: "after \(round)")
                try follower.waitForLine(containing: "after \(round)")
            }
            let all = ["before", "during 1", "after 1", "during 2", "after 2"]
            #expect(try counts(follower) == Dictionary(uniqueKeysWithValues: all.map { ($0, 1) }))
            #expect(follower.terminate() != 0)
        }
    }

    /// A chunk bears the time at which its transaction began: one that ends late is behind others that were printed.
    @Test func aTransactionThatEndsAfterLaterOnesIsNotMissed() throws {
        try withLogs { logs in
            try logs.cluster.start("ingest-logs")
            try logs.store([Line(time: IngestLogsFixture.ago(10), text: "first")], id: "first")
            let other = try logs.cluster.database()
            defer { other.close() }
            let transaction = other.begin()
            try transaction.execute(
                """
                INSERT INTO log_chunk (stream, first_at, last_at, entries, bytes, at, level, lines)
                SELECT stream, first_at, last_at, 1, 4, at, level, ARRAY['slow'] FROM log_chunk
                """)
            let follower = try logs.cluster.launch("ruche", arguments: ["logs", "-f", "-o", "jsonl"])
            try follower.waitForLine(containing: "following lines")
            try logs.store([Line(time: IngestLogsFixture.ago(1), text: "second")], id: "second")
            try follower.waitForLine(containing: "\"second\"")
            _ = try transaction.commit()
            try follower.waitForLine(containing: "\"slow\"")
            try logs.store([Line(time: IngestLogsFixture.ago(1), text: "third")], id: "third")
            try follower.waitForLine(containing: "\"third\"")
            #expect(try counts(follower) == ["first": 1, "second": 1, "slow": 1, "third": 1])
        }
    }
}

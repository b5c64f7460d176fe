import AMQP
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// Loki away, slow, or not letting us in: commands wait, uncounted, and every line is there once in the end.
@Suite(.servers) struct LokiOutageTests {
    /// Killed after Loki's answer and before the commit, which a lock of the test's own holds up.
    @Test func aWorkerKilledBetweenAnswerAndCommitLeavesEachLineOnce() throws {
        try withLoki { fixture in
            let worker = try fixture.start()
            let database = fixture.logs.database
            let cluster = fixture.logs.cluster
            try fixture.loki.set(["hold": true])
            let sent = Timestamp(microseconds: Timestamp.now.microseconds / 1_000_000 * 1_000_000)
            // Some lines have a time of their own, some that of their message; equal ones are as many as were sent.
            let timeless = #"{"records":[{"message":"timeless"},{"message":"timeless"},{"message":"other"}]}"#
            try fixture.logs.load.publish(IngestLogs.name, id: "timeless", body: Array(timeless.utf8)) {
                $0.timestamp = UInt64(sent.microseconds / 1_000_000)
            }
            try fixture.logs.load.publish(IngestLogs.name, id: nil, body: Array(timeless.utf8)) {
                $0.timestamp = UInt64(sent.microseconds / 1_000_000 - 60)
            }
            try fixture.publish(0..<20)
            try fixture.loki.wait(for: "a push is held") { $0.held == 1 }
            try database.transaction { (tx) throws(PostgresError) in
                try tx.script("LOCK TABLE job IN ACCESS EXCLUSIVE MODE")
                do {
                    try fixture.loki.set(["hold": false])
                    try fixture.loki.wait(for: "the answer is sent") { $0.answered == 1 }
                    try eventually("the worker is on its way to the commit") {
                        try cluster.number(
                            """
                            SELECT count(*) FROM pg_stat_activity
                            WHERE datname = current_database() AND wait_event_type = 'Lock'
                            """) > 0
                    }
                } catch { Issue.record(error) }
                worker.kill()
                // The server has the COMMIT already, behind the statement that waits.
                try tx.script(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'
                    """)
            }
            #expect(try cluster.number("SELECT count(*) FROM job") == 0)
            let before = try fixture.loki.state()
            #expect(before.statuses == [204])
            try fixture.start()
            try fixture.logs.log.receive { $0.outcomes.count == 22 }
            let state = try fixture.loki.state()
            // What has no id and no time comes again as another message, if it was in the push that was answered.
            let earlier = "\(sent.microseconds / 1_000_000 - 60)"
            let again = before.lines.count { $0.at.hasPrefix(earlier) }
            #expect(again == 0 || again == 3)
            #expect(state.duplicates == before.lines.count - again)
            let kept = try fixture.kept()
            #expect(kept["timeless"] == (again == 0 ? 4 : 6) && kept["other"] == (again == 0 ? 2 : 3))
            #expect(kept.filter { $0.key.hasPrefix("line") }.count == 200)
            #expect(kept.filter { $0.key.hasPrefix("line") && $0.value != 1 }.isEmpty)
            let second = "\(sent.microseconds / 1_000_000)"
            #expect(state.lines.count { $0.line == "timeless" && $0.at.hasPrefix(second) } == 2)
        }
    }

    @Test func anOutageIsWaitedForAndCountsAgainstNoCommand() throws {
        try sideBySide(["limited", "hang", "status", "cut"]) { try Self.waitOut($0) }
    }

    private static func waitOut(_ how: String) throws {
        try withLoki { fixture in
            switch how {
            case "status": try fixture.loki.set(["status": 503, "body": "ring is empty"])
            case "cut": try fixture.loki.set(["cut": true])
            case "hang": try fixture.loki.set(["hang": true])
            default: try fixture.loki.set(["status": 429, "body": "rate limit", "retry_after": 2])
            }
            let worker = try fixture.start(["HOLD_LIMIT": "1s", "LOKI_TIMEOUT": "1s"])
            try fixture.publish(0..<25)
            try fixture.publish(25..<50, timed: false)
            // It has handed its deliveries back once, and holds nothing while it asks again and again.
            try worker.waitForLine(containing: "handed back")
            try worker.waitForLine(containing: "still away")
            #expect(try !fixture.isReady(worker), "\(how)")
            #expect(try worker.get("livez").status == 200)
            let asked = try fixture.loki.state().pushes
            try fixture.loki.wait(for: "it is asked again") { $0.pushes > asked + 1 }
            #expect(worker.output.split(separator: "handed back").count == 2)
            try fixture.loki.set(["status": 0, "cut": false, "hang": false])
            try fixture.succeed(50)
            #expect(try fixture.kept().count == 500, "\(how)")
            #expect(try fixture.kept().values.allSatisfy { $0 == 1 })
            #expect(try fixture.attempts() == 1)
            let books = try Rest(fixture.logs.cluster, commands: [IngestLogs.name])
            #expect(books.schedule == 0)
            try eventually("it is ready again") { try fixture.isReady(worker) }
            #expect(fixture.logs.log.events.allSatisfy { $0.kind == .succeeded })
        }
    }

    @Test func retryAfterIsHonoured() throws {
        try withLoki { fixture in
            try fixture.loki.set(["status": 429, "times": 2, "retry_after": 2])
            try fixture.publish(0..<3)
            try fixture.publish(3..<5, timed: false)
            try fixture.start()
            try fixture.succeed(5)
            let state = try fixture.loki.state()
            #expect(state.statuses.prefix(3) == [429, 429, 204])
            for (earlier, later) in zip(state.at, state.at.dropFirst()).prefix(2) { #expect(later - earlier >= 2) }
            #expect(state.duplicates == 0)
            #expect(state.lines.count == 50)
        }
    }

    @Test func aLokiThatStandsStillIsLeftAtTheDeadline() throws {
        try withLoki { fixture in
            let worker = try fixture.start(["LOKI_TIMEOUT": "1s"])
            try fixture.publish(0..<1)
            try fixture.succeed(1)
            fixture.loki.freeze()
            try fixture.publish(1..<10)
            try fixture.publish(10..<20, timed: false)
            try worker.waitForLine(containing: "admitting a batch again")
            fixture.loki.thaw()
            try fixture.succeed(20)
            #expect(try fixture.kept().count == 200)
            #expect(try fixture.kept().values.allSatisfy { $0 == 1 })
            #expect(try fixture.attempts() == 1)
        }
    }

    @Test func wrongCredentialsMakeTheWorkerUnreadyAndLoseNothing() throws {
        try withLoki { fixture in
            let password = fixture.logs.cluster.directory + "/password"
            try "wrong\n".write(toFile: password, atomically: true, encoding: .utf8)
            try fixture.loki.set(["authorization": "Basic " + Data("shipper:right".utf8).base64EncodedString()])
            let settings = [
                "LOKI_URL": fixture.loki.url.replacing("http://", with: "http://shipper@"),
                "LOKI_PASSWORD_FILE": password, "HOLD_LIMIT": "1s",
            ]
            let worker = try fixture.start(settings)
            try fixture.publish(0..<5)
            try fixture.publish(5..<10, timed: false)
            try worker.waitForLine(containing: "still away")
            let ready = try worker.get("readyz")
            #expect(ready.status == 503)
            #expect(ready.body.contains("401"))
            #expect(!worker.output.contains("wrong"))
            worker.terminate()
            #expect(try fixture.logs.cluster.number("SELECT count(*) FROM job") == 0)
            try "right\n".write(toFile: password, atomically: true, encoding: .utf8)
            try fixture.start(settings)
            try fixture.succeed(10)
            #expect(try fixture.kept().count == 100)
            #expect(try fixture.attempts() == 1)
        }
    }

    @Test(arguments: [true, false]) func aBatchThatIsTakenInPartIsNotPushedAgainAsAWhole(isTimed: Bool) throws {
        try withLoki { fixture in
            // Nearly a mebibyte each, so each is a push; the first is taken, then the rate is limited.
            for message in 0..<4 {
                let lines = (0..<8).map { _ in String(repeating: "abcdefgh", count: 14_000) + " \(message)" }
                var command = IngestLogsFixture.message(lines, hosts: 8)
                if !isTimed { for place in 0..<8 { command.records?[place].entry.time = nil } }
                try fixture.logs.load.publish(IngestLogs.name, id: "\(message)", body: command.json())
            }
            try fixture.logs.load.settle()
            try fixture.loki.set(["hold": true])
            try fixture.start()
            try fixture.loki.wait(for: "the first push is held") { $0.held == 1 }
            try fixture.loki.set(["hold": false, "status": 429, "times": 1])
            try fixture.succeed(4)
            let state = try fixture.loki.state()
            #expect(state.lines.count == 32)
            #expect(state.duplicates == 0)
            #expect(state.statuses.count { $0 == 429 } == 1)
        }
    }

    @Test func aWorkerThatIsAskedToStopDuringAnOutageStops() throws {
        try withLoki { fixture in
            try fixture.loki.set(["status": 500])
            let worker = try fixture.start()
            try fixture.publish(0..<3)
            try fixture.publish(3..<5, timed: false)
            try worker.waitForLine(containing: "admitting a batch again")
            let began = Date.now
            #expect(worker.terminate() == 0)
            #expect(Date.now.timeIntervalSince(began) < 15)
            try fixture.loki.set(["status": 0])
            try fixture.start()
            try fixture.succeed(5)
            #expect(try fixture.kept().count == 50)
        }
    }

    /// Messages of one line each that have the time of their message, which has whole seconds.
    @Test func equalLinesOfMessagesOfOneSecondAreAllThere() throws {
        try withLoki { fixture in
            let second = UInt64(Timestamp.now.microseconds / 1_000_000)
            for message in 0..<10 {
                let body = Array(#"{"records":[{"message":"same"}]}"#.utf8)
                try fixture.logs.load.publish(IngestLogs.name, id: "\(message)", body: body) { $0.timestamp = second }
            }
            try fixture.logs.load.settle()
            try fixture.start()
            try fixture.succeed(10)
            #expect(try fixture.kept() == ["same": 10])
        }
    }

    @Test func aWorkerWithoutAURLSaysSo() throws {
        try withLogs { logs in
            let worker = try logs.cluster.launch("ingest-logs", ["LOG_SINK": "loki", "LOKI_TENANT": "a b"])
            #expect(worker.waitForExit() == 78)
            #expect(worker.output.contains("LOKI_URL is not set"))
            #expect(worker.output.contains("LOKI_TENANT takes"))
        }
    }
}

import Contracts
import Runtime
import Sealing
import TestSupport
import Testing

@testable import IngestLogsWorker

/// The sink by itself, before a Loki that misbehaves: what is pushed again has the same times, and what is known is not
/// asked again.
struct LokiSinkTests {
    /// A sink with its Loki.
    private struct Scene {
        let loki: FakeLoki
        let sink: LokiSink

        init(_ changes: [String: String] = [:]) throws {
            loki = try FakeLoki()
            var settings = Settings(loki.settings.merging(changes) { $1 })
            sink = try #require(LokiSink(reading: &settings))
        }

        /// Passages until Loki has answered for all.
        func finish(_ jobs: [Job<IngestLogs>], passages limit: Int = 100) throws -> [LogsIngested] {
            for _ in 0..<limit {
                do throws(Rejection) {
                    let endings = try sink.push(jobs, at: .now)
                    return try endings.map { ending throws(Rejection) in try ending.get() }
                } catch {
                    Stop().wait(for: error.pause ?? .milliseconds(10))
                }
            }
            throw TestFailure("Loki stays away")
        }

        func rest(_ rejection: Rejection) { Stop().wait(for: rejection.pause ?? .zero) }
    }

    private func job(_ id: String, _ lines: [String], timed: Bool = false, sentAt: Timestamp? = nil) -> Job<IngestLogs>
    {
        let now = Timestamp.now.microseconds * 1000
        let records = lines.enumerated().map { number, line in
            LogRecord(LogEntry(time: timed ? now + Int64(number) : nil, line: LogText(line)))
        }
        let (high, low) = Digest.key("ingest-logs", "t", id)
        return Job(
            key: UniqueID(high: high, low: low), id: id, tenant: "t", attempt: 1, sentAt: sentAt,
            command: IngestLogs(records: records))
    }

    private func rejection(_ body: () throws(Rejection) -> Void) throws -> Rejection {
        do throws(Rejection) { try body() } catch { return error }
        throw TestFailure("nothing was thrown")
    }

    @Test("Equal lines of messages of one second are as many as were sent", arguments: [true, false])
    func equalLines(isSent: Bool) throws {
        let scene = try Scene()
        let jobs = (0..<10).map { job("\($0)", ["same"], sentAt: isSent ? .now : nil) }
        #expect(try scene.finish(jobs).allSatisfy { $0.accepted == 1 })
        #expect(try scene.loki.state().lines.count == 10)
    }

    @Test("A line without a time is there once, though it was handed back and its push was tried meanwhile")
    func probed() throws {
        let scene = try Scene()
        let jobs = (0..<15).map { job("\($0)", ["line \($0)"]) }
        try scene.loki.set(["status": 503])
        let away = try rejection { () throws(Rejection) in _ = try scene.sink.push(jobs, at: .now) }
        scene.rest(away)
        try scene.loki.set(["status": 0])
        try scene.sink.probe()
        #expect(try scene.loki.state().lines.count == 15)
        // They come again one by one, as deliveries do that were handed back.
        for job in jobs { #expect(try scene.finish([job])[0].accepted == 1) }
        let state = try scene.loki.state()
        #expect(state.lines.count == 15)
        #expect(state.duplicates == 15)
    }

    @Test("A line without a time is there once, though its rate was limited when refused ones were looked for")
    func limitedInTheSieve() throws {
        let scene = try Scene()
        let jobs = (0..<5).map { job("\($0)", ["good \($0)", $0 == 2 ? "bad" : "well \($0)"]) }
        try scene.loki.set(["refuse": "^bad", "after": 2, "status": 429, "times": 1])
        #expect(try scene.finish(jobs).map(\.accepted) == [2, 2, 1, 2, 2])
        let state = try scene.loki.state()
        #expect(state.statuses.contains(429))
        #expect(state.lines.count == 9)
    }

    @Test("What Loki took is not pushed again when the commit failed, and under another body it is")
    func commitFailed() throws {
        let scene = try Scene()
        let jobs = (0..<5).map { job("\($0)", ["line \($0)"]) }
        #expect(try scene.finish(jobs).count == 5)
        let before = try scene.loki.state()
        #expect(try scene.finish(jobs).allSatisfy { $0.accepted == 1 })
        #expect(try scene.loki.state().pushes == before.pushes)
        #expect(try scene.finish([job("0", ["another"])]).count == 1)
        #expect(try scene.loki.state().lines.count == 6)
    }

    @Test("A command that failed is tried anew when it comes again")
    func failedAnew() throws {
        let scene = try Scene()
        try scene.loki.set(["refuse": "^bad", "terse": true])
        let jobs = [job("0", (0..<100).map { ($0 % 2 == 0 ? "bad" : "good") + " \($0)" }, timed: true)]
        let ending = try scene.sink.push(jobs, at: .now)
        guard case .failure = ending[0] else {
            Issue.record("\(ending)")
            return
        }
        try scene.loki.set(["refuse": ""])
        #expect(try scene.finish(jobs).map(\.accepted) == [100])
    }

    @Test("A hundred lines that are all too far behind are told as such, in few pushes")
    func allRefused() throws {
        let scene = try Scene()
        try scene.loki.set(["refuse": "^bad"])
        let lines = (0..<100).map { "bad \($0)" }
        let completion = try scene.finish([job("0", lines), job("1", ["good"])])
        #expect(completion.map(\.accepted) == [0, 1])
        #expect(completion[0].reasons.map(\.code) == ["out-of-order"])
        #expect(completion[0].reasons.map(\.count) == [100])
        #expect(try scene.loki.state().pushes == 3)
    }

    @Test("Looking for refused lines goes on where it was, however often Loki is away in the middle of it")
    func progress() throws {
        let scene = try Scene()
        try scene.loki.set(["refuse": "^bad", "terse": true])
        let jobs = (0..<3).map { number in
            job("\(number)", (0..<32).map { $0 == 5 ? "bad" : "good \(number) \($0)" })
        }
        var passages = 0
        var endings: [JobEnding<LogsIngested>]?
        while endings == nil, passages < 60 {
            passages += 1
            // Two pushes go well, and then Loki is away.
            try scene.loki.set(["after": 2, "status": 503])
            do throws(Rejection) { endings = try scene.sink.push(jobs, at: .now) } catch { scene.rest(error) }
        }
        #expect(try endings?.map { try $0.get().accepted } == [31, 31, 31])
        let state = try scene.loki.state()
        #expect(state.lines.count == 93)
        // No part was asked twice: each of three needs ten, and the first push was of all.
        #expect(state.statuses.count { $0 != 503 } <= 40)
    }

    @Test("A Loki that takes no structured metadata is waited for, and nothing is refused")
    func disallowed() throws {
        let scene = try Scene()
        let text = "stream '{a=\"b\"}' includes structured metadata, but this feature is disallowed. Please see"
        try scene.loki.set(["status": 400, "body": text])
        let jobs = [job("0", ["line"])]
        let away = try rejection { () throws(Rejection) in _ = try scene.sink.push(jobs, at: .now) }
        #expect(away.reason.reason == "loki-misconfigured")
        try scene.loki.set(["status": 0])
        #expect(try scene.finish(jobs).map(\.accepted) == [1])
    }

    @Test("Metadata at the limit is taken")
    func fullMetadata() throws {
        let scene = try Scene()
        let names = Dictionary(uniqueKeysWithValues: (0..<128).map { ("name\($0)", "text") })
        let record = LogRecord(LogEntry(time: nil, line: "l", metadata: LogMetadata(names)))
        let full = Job(
            key: UniqueID(high: 1, low: 1), id: "f", tenant: "t", attempt: 1, command: IngestLogs(records: [record]))
        #expect(try scene.finish([full]).map(\.accepted) == [1])
        #expect(try scene.loki.state().violations.isEmpty)
    }

    @Test("Trouble ends when nobody waits for the next push any more")
    func trouble() {
        let now = Monotonic.now
        let trouble = LokiTrouble("away", at: now, pause: .seconds(300))
        #expect(trouble.message(at: now + .seconds(301)) == "away")
        #expect(trouble.message(at: now + .seconds(421)) == nil)
    }
}

import Contracts
import Runtime
import Testing

@testable import IngestLogsWorker

/// What is put into a push, and which commands travel together.
struct LokiBodyTests {
    private static let now = Timestamp(microseconds: 1_777_888_800_000_000)
    private static let nanoseconds = now.microseconds * 1000

    private func job(_ id: String, _ command: IngestLogs, tenant: String = "t", sentAt: Timestamp? = nil) -> Job<
        IngestLogs
    > {
        let key = UniqueID(high: UInt64(id.utf8.reduce(7) { $0 &* 31 &+ Int($1) }), low: 0)
        return Job(key: key, id: id, tenant: tenant, attempt: 1, sentAt: sentAt, command: command)
    }

    private static func plan(_ jobs: [Job<IngestLogs>], at now: Timestamp, _ tenancy: LokiTenancy) -> [LokiPush] {
        var times = LokiTimes()
        return LokiPush.plan(jobs, at: now, tenancy, times: &times)
    }

    private func body(_ command: IngestLogs, labelled: Bool, tenant: String = "t") -> String {
        var logs = GatheredLogs(at: Self.now)
        _ = logs.add(command, of: tenant)
        return String(decoding: LokiBody.encode(LokiBody.pieces(of: logs, labelled: labelled)), as: UTF8.self)
    }

    @Test("A body is Loki's JSON: sorted labels, times as text, metadata with the level")
    func form() throws {
        let entries = [
            LogEntry(time: Self.nanoseconds + 1, line: "ERROR \"b\"\n", metadata: LogMetadata(["id": "1"])),
            LogEntry(time: Self.nanoseconds, line: "a"),
        ]
        let stream = LogStream(labels: try LogLabels(["z": "1", "app": "s\"hop"]), entries: entries)
        #expect(
            body(IngestLogs(streams: [stream]), labelled: false) == #"""
                {"streams":[{"stream":{"app":"s\"hop","service_name":"s\"hop","z":"1"},"values":[\#
                ["1777888800000000000","a",{"detected_level":"unknown"}],\#
                ["1777888800000000001","ERROR \"b\"\n",{"id":"1","detected_level":"error"}]]}]}
                """#)
    }

    @Test("The tenant is a label that its sender cannot forge", arguments: ["t", "a \"b\""])
    func tenantLabel(tenant: String) throws {
        let labels = try LogLabels(["ruche_tenant": "forged", "service_name": "x", "a": "b"])
        let stream = LogStream(labels: labels, entries: [LogEntry(time: Self.nanoseconds, line: "l")])
        let text = body(IngestLogs(streams: [stream]), labelled: true, tenant: tenant)
        let escaped = tenant.replacing("\"", with: "\\\"")
        #expect(text.contains(#"{"a":"b","ruche_tenant":"\#(escaped)","service_name":"x"}"#))
        #expect(!text.contains("forged"))
    }

    @Test("A level that the sender put beside a line stays; a text that looks like one is a text")
    func level() {
        func metadata(_ names: [String: String]) -> String {
            let entry = LogEntry(time: Self.nanoseconds, line: "l", metadata: LogMetadata(names), severity: .warn)
            return body(IngestLogs(records: [LogRecord(entry)]), labelled: false)
        }
        #expect(metadata(["detected_level": "fatal"]).contains(#"{"detected_level":"fatal"}]"#))
        let tricky = metadata(["a": "\"detected_level\":"])
        #expect(tricky.contains(#"{"a":"\"detected_level\":","detected_level":"warn"}]"#))
    }

    @Test("Lines without a time have that of their message, whenever they are pushed, and no two the same")
    func times() {
        let command = IngestLogs(
            records: [
                LogRecord(LogEntry(time: nil, line: "a")), LogRecord(LogEntry(time: 5, line: "own")),
                LogRecord(LogEntry(time: nil, line: "a")),
            ])
        #expect(command.timed(from: 100).records?.map(\.entry.time) == [100, 5, 102])
        let sent = Self.now - .seconds(3)
        for now in [Self.now, Self.now + .seconds(60)] {
            let push = Self.plan([job("1", command, sentAt: sent)], at: now, LokiTenancy(nil)!)[0]
            #expect(push.parts[0].command.records?[2].entry.time == sent.microseconds * 1000 + 2)
        }
        // A clock that Loki would not believe.
        for wrong in [Self.now + .seconds(599), Self.now - .seconds(8 * 86_400)] {
            let push = Self.plan([job("1", command, sentAt: wrong)], at: Self.now, LokiTenancy(nil)!)[0]
            #expect(push.parts[0].command.records?[0].entry.time == Self.nanoseconds - 1_000_000_000)
            #expect(push.parts[0].completion.accepted == 2)
        }
    }

    private func timeless(_ number: UInt64, sentAt: Timestamp?) -> Job<IngestLogs> {
        let command = IngestLogs(records: [LogRecord(LogEntry(time: nil, line: "a"))])
        let (high, low) = Digest.key("ingest-logs", "t", "\(number)")
        return Job(
            key: UniqueID(high: high, low: low), id: "\(number)", tenant: "t", attempt: 1, sentAt: sentAt,
            command: command)
    }

    @Test("Messages of one second have times of their own, the same in every process", arguments: [true, false])
    func spread(isSent: Bool) {
        let sent = isSent ? Self.now : nil
        let jobs = (0..<1000).map { timeless($0, sentAt: sent) }
        let push = Self.plan(jobs, at: Self.now, LokiTenancy(nil)!)[0]
        let times = push.parts.map { $0.command.records![0].entry.time! }
        #expect(Set(times).count == 1000)
        let second = Self.nanoseconds - (isSent ? 0 : 1_000_000_000)
        #expect(times.allSatisfy { (second..<second + 1_000_000_000).contains($0) })
        let again = Self.plan(jobs, at: Self.now + .seconds(60), LokiTenancy(nil)!)[0]
        #expect((again.parts.map { $0.command.records![0].entry.time! } == times) == isSent)
    }

    @Test("The time of a command that says none is that of its first push, for as long as it is remembered")
    func remembered() {
        var times = LokiTimes(limit: 10)
        let first = times.base(of: timeless(1, sentAt: nil), at: Self.now)
        #expect(times.base(of: timeless(1, sentAt: nil), at: Self.now + .seconds(86_400)) == first)
        // A clock that is believed later changes nothing.
        let ahead = times.base(of: timeless(2, sentAt: Self.now + .seconds(700)), at: Self.now)
        #expect(times.base(of: timeless(2, sentAt: Self.now + .seconds(700)), at: Self.now + .seconds(200)) == ahead)
        for number in UInt64(10)..<19 { _ = times.base(of: timeless(number, sentAt: nil), at: Self.now) }
        #expect(times.base(of: timeless(1, sentAt: nil), at: Self.now + .seconds(60)) == first)
        for number in UInt64(20)..<60 { _ = times.base(of: timeless(number, sentAt: nil), at: Self.now) }
        #expect(times.base(of: timeless(1, sentAt: nil), at: Self.now + .seconds(60)) != first)
    }

    @Test("Where metadata is full there is no level")
    func full() {
        func metadata(_ names: [String: String]) -> Bool {
            let entry = LogEntry(time: Self.nanoseconds, line: "l", metadata: LogMetadata(names), severity: .warn)
            return body(IngestLogs(records: [LogRecord(entry)]), labelled: false).contains("detected_level")
        }
        func names(_ count: Int) -> [String: String] {
            Dictionary(uniqueKeysWithValues: (0..<count).map { ("name\($0)", "text") })
        }
        #expect(metadata(names(127)))
        #expect(!metadata(names(128)))
        #expect(metadata(["a": String(repeating: "x", count: 65_400)]))
        #expect(!metadata(["a": String(repeating: "x", count: 65_520)]))
    }

    @Test("Commands travel together up to a mebibyte, those of each of Loki's tenants by themselves, none divided")
    func plan() throws {
        func command(_ bytes: Int) -> IngestLogs {
            let entry = LogEntry(time: Self.nanoseconds, line: LogText(String(repeating: "x", count: bytes)))
            return IngestLogs(records: Array(repeating: LogRecord(entry), count: 4))
        }
        let jobs = (0..<10).map { job("\($0)", command(100_000), tenant: $0 % 2 == 0 ? "even" : "odd") }
        let one = Self.plan(jobs, at: Self.now, LokiTenancy("all")!)
        #expect(one.map(\.parts.count) == [3, 3, 3, 1])
        #expect(one.allSatisfy { $0.tenant == "all" })
        let each = Self.plan(jobs, at: Self.now, LokiTenancy("{tenant}")!)
        #expect(each.map(\.tenant) == ["even", "odd", "even", "odd"])
        #expect(each.allSatisfy { push in Set(push.parts.map(\.tenant)) == [push.tenant!] })
        #expect(Set(each.flatMap { $0.parts.map(\.key) }) == Set(jobs.map(\.key)))
        #expect(Self.plan([], at: Self.now, LokiTenancy(nil)!).isEmpty)
    }

    @Test("A stream that has no room for the tenant is left out and told")
    func room() throws {
        let full = Dictionary(uniqueKeysWithValues: (0..<15).map { ("l\($0)", "v") })
        var almost = full
        almost["l0"] = nil
        func stream(_ labels: [String: String]) throws -> LogStream {
            LogStream(
                labels: try LogLabels(labels), entries: (0..<3).map { LogEntry(time: Self.nanoseconds + $0, line: "l") }
            )
        }
        let command = IngestLogs(streams: [try stream(almost), try stream(full)])
        let labelled = Self.plan([job("1", command)], at: Self.now, LokiTenancy(nil)!)[0].parts[0].completion
        #expect(labelled.accepted == 3)
        #expect(labelled.reasons.map(\.code) == ["too-many-labels"])
        #expect(labelled.reasons.map(\.count) == [3])
        #expect(labelled.reasons.map(\.pointer) == ["/streams/1/stream"])
        let plain = Self.plan([job("1", command)], at: Self.now, LokiTenancy("{tenant}")!)[0].parts[0].completion
        #expect(plain.accepted == 6)
    }

    @Test(
        "Loki's tenant is of its letters",
        arguments: [
            ("acme", true), ("{tenant}", true), ("prod-{tenant}", true), ("a b", false), ("a|b", false), ("..", false),
            ("a/b", false), ("{other}", false), (String(repeating: "x", count: 151), false),
        ])
    func tenancy(template: String, isValid: Bool) {
        #expect((LokiTenancy(template) != nil) == isValid)
    }
}

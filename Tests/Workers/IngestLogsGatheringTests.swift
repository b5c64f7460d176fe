import Contracts
import Testing

@testable import IngestLogsWorker

/// What becomes of the lines of a batch before the database sees them.
struct IngestLogsGatheringTests {
    private static let now = Timestamp(microseconds: 1_777_888_800_000_000)
    private static let nanoseconds = now.microseconds * 1000

    private func stream(_ labels: [String: String], _ entries: [LogEntry]) throws -> IngestLogs {
        IngestLogs(streams: [LogStream(labels: try LogLabels(labels), entries: entries)])
    }

    private func entry(_ line: LogText, after seconds: Int64 = 0) -> LogEntry {
        LogEntry(time: Self.nanoseconds + seconds * 1_000_000_000, line: line)
    }

    @Test("Lines of equal labels are one stream, whichever message and form they come in")
    func grouping() throws {
        var logs = GatheredLogs(at: Self.now)
        _ = logs.add(try stream(["host": "a", "service_name": "s"], [entry("1")]), of: "t")
        _ = logs.add(IngestLogs(records: [LogRecord(entry("2"), host: "a", service: "s")]), of: "t")
        _ = logs.add(IngestLogs(records: [LogRecord(entry("3"), host: "b", service: "s")]), of: "t")
        _ = logs.add(IngestLogs(records: [LogRecord(entry("4"), host: "a", service: "s")]), of: "other tenant")
        let streams = logs.streams()
        #expect(streams.count == 3)
        #expect(streams.map(\.tenant) == ["other tenant", "t", "t"])
        #expect(streams[1].hash < streams[2].hash)
        #expect(streams.flatMap { $0.chunks().map { $0.lines.count } }.sorted() == [1, 1, 2])
    }

    @Test("A chunk is in the order of times, and of arrival where they are equal")
    func order() throws {
        var logs = GatheredLogs(at: Self.now)
        let late = [entry("c", after: 2), entry("a"), entry("b1", after: 1), entry("b2", after: 1)]
        _ = logs.add(try stream(["a": "b"], late), of: "t")
        _ = logs.add(IngestLogs(records: [LogRecord(LogEntry(time: nil, line: "now"))]), of: "t")
        let streams = logs.streams()
        let chunk = try #require(
            streams.first { $0.labels.json.count < 50 && $0.chunks()[0].lines.count == 4 }?.chunks()[0])
        #expect(chunk.lines == ["a", "b1", "b2", "c"])
        #expect(chunk.times == chunk.times.sorted())
        let arrived = try #require(streams.first { $0.chunks()[0].lines.count == 1 }?.chunks()[0])
        #expect(arrived.times == [Self.nanoseconds])
    }

    @Test("Equal lines of one time are as many lines as came")
    func equalLines() throws {
        var logs = GatheredLogs(at: Self.now)
        #expect(logs.add(try stream(["a": "b"], [entry("x"), entry("x")]), of: "t").accepted == 2)
        #expect(logs.add(try stream(["a": "b"], [entry("x")]), of: "t").accepted == 1)
        #expect(logs.streams()[0].chunks()[0].lines == ["x", "x", "x"])
    }

    @Test("What is too old or too far ahead is left out with its place; the bounds themselves are kept")
    func ages() throws {
        var logs = GatheredLogs(at: Self.now)
        let week: Int64 = 7 * 86_400
        var entries = [
            entry("old", after: -week - 1), entry("oldest", after: -week), entry("newest", after: 600),
            entry("new", after: 601), entry("older", after: -week - 2),
        ]
        for place in entries.indices { entries[place].place = place }
        let completion = logs.add(try stream(["a": "b"], entries), of: "t")
        #expect(completion.accepted == 2)
        #expect(completion.rejected == 3)
        #expect(completion.reasons.map(\.code) == ["too-old", "too-far-ahead"])
        #expect(completion.reasons.map(\.count) == [2, 1])
        #expect(completion.reasons.map(\.pointer) == ["/streams/0/values/0/0", "/streams/0/values/3/0"])
        #expect(logs.streams()[0].chunks()[0].lines == ["oldest", "newest"])
    }

    @Test("A message of which nothing is left leaves no stream behind")
    func nothing() throws {
        var logs = GatheredLogs(at: Self.now)
        let completion = logs.add(try stream(["a": "b"], [entry("old", after: -1_000_000)]), of: "t")
        #expect(completion.accepted == 0)
        #expect(logs.streams().isEmpty)
    }

    @Test("Faults found in reading are told with their places in the message")
    func places() throws {
        let json = #"{"records":[{"message":"a"},{"host":"b"},{"message":"c","time":"x"},{"time":"y","msg":"d"}]}"#
        var logs = GatheredLogs(at: Self.now)
        let completion = logs.add(try IngestLogs(json: Array(json.utf8)), of: "t")
        #expect(completion.accepted == 1)
        #expect(completion.reasons.map(\.code) == ["missing-field", "time-invalid"])
        #expect(completion.reasons.map(\.count) == [1, 2])
        #expect(completion.reasons.map(\.pointer) == ["/records/1/message", "/records/2/time"])
    }

    @Test("What is said beside a line counts more than its labels, and they more than its text")
    func severities() throws {
        var logs = GatheredLogs(at: Self.now)
        let said = LogEntry(time: Self.nanoseconds, line: "error", severity: .debug)
        _ = logs.add(try stream(["level": "warn"], [said, entry("error")]), of: "t")
        _ = logs.add(try stream(["a": "b"], [entry("error"), entry("12 bytes")]), of: "t")
        let counts = logs.streams().map(\.counts)
        #expect(counts.contains { $0[.debug]?.entries == 1 && $0[.warn]?.entries == 1 && $0.count == 2 })
        #expect(counts.contains { $0[.error]?.bytes == 5 && $0[.unknown]?.bytes == 8 && $0.count == 2 })
    }

    @Test("A chunk has at most a thousand lines and half a mebibyte")
    func limits() throws {
        var logs = GatheredLogs(at: Self.now)
        let many = (0..<2500).map { _ in entry("line") }
        let long = (0..<5).map { _ in entry(LogText(String(repeating: "x", count: 200_000))) }
        _ = logs.add(try stream(["a": "b"], many), of: "t")
        _ = logs.add(try stream(["c": "d"], long), of: "t")
        let sizes = logs.streams().map { $0.chunks().map(\.lines.count) }
        #expect(Set(sizes) == [[1000, 1000, 500], [2, 2, 1]])
    }
}

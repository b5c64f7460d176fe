import Contracts
import Runtime
import Testing

@testable import CLI

/// How questions about logs are read, and what they ask of the database.
@Suite struct CLILogsParsingTests {
    static let now = Timestamp(rfc3339: "2026-11-21T08:00:00Z")!

    private func filter(_ words: [String]) throws -> LogFilter { try LogFilter(Invocation(Verb.logs, words)) }

    @Test(
        arguments: [
            ("host=web-1", "host", .equals, "web-1"), ("host!=web-1", "host", .differs, "web-1"),
            ("host=~web-.*", "host", .matches, "web-.*"), ("host!~a=b", "host", .doesNotMatch, "a=b"),
            ("a_1=", "a_1", .equals, ""), ("service=x=y", "service_name", .equals, "x=y"),
            ("service_name=x", "service_name", .equals, "x"), ("_=~", "_", .matches, ""),
        ] as [(String, String, LogSelector.Comparison, String)])
    func aSelectorIsALabelAComparisonAndAText(
        word: String, label: String, comparison: LogSelector.Comparison, text: String
    ) throws {
        let selector = try LogSelector(word)
        #expect(selector.label == label)
        #expect(selector.comparison == comparison)
        #expect(selector.text == text)
    }

    @Test(arguments: [
        ["timeout"], ["=x"], ["1host=x"], ["ho-st=x"], ["höst=x"], ["host"], ["host~x"], ["level=loud"],
        ["level=~err.*"], ["level=error,"],
    ])
    func whatSelectsNothingIsRefused(words: [String]) {
        #expect {
            try filter(words)
        } throws: { ($0 as? Failure)?.code == .usage }
    }

    @Test(
        arguments: [
            (["level=error"], [.error]), (["level=warning,err"], [.warn, .error]),
            (["level!=debug,trace,info,unknown"], [.warn, .error, .fatal]),
            (["level=error,fatal", "level!=fatal"], [.error]),
            (["host=a"], nil),
        ] as [([String], Set<LogSeverity>?)])
    func aLevelIsAskedOfTheLine(words: [String], levels: Set<LogSeverity>?) throws {
        #expect(try filter(words).levels == levels)
        #expect(try filter(words).selectors.count == (levels == nil ? 1 : 0))
    }

    @Test(arguments: [
        ("a|b", "^(?:a|b)$"), ("(?i)a|b", "(?i)^(?:a|b)$"), ("(?:a)b", "^(?:(?:a)b)$"), ("(?=a)b", "^(?:(?=a)b)$"),
        ("(?", "^(?:(?)$"), ("", "^(?:)$"),
        ("(?i)\u{301}a", "(?i)^(?:\u{301}a)$"),
    ])
    func anExpressionMatchesTheWholeTextOfALabel(expression: String, whole: String) {
        #expect(LogSelector.whole(expression) == whole)
    }

    @Test(arguments: [
        ("30m", "2026-11-21T07:30:00Z"), ("7d", "2026-11-14T08:00:00Z"), ("2026-11-20", "2026-11-20T00:00:00Z"),
        ("2026-11-20T10:00:00+02:00", "2026-11-20T08:00:00Z"), ("2026-11-20t10:00:00z", "2026-11-20T10:00:00Z"),
        ("yesterday", nil), ("", nil), ("1w", nil), ("-5m", nil),
    ])
    func anInstantIsADurationADayOrATime(text: String, instant: String?) {
        #expect(
            Timestamp(said: text, now: Self.now)?.description == instant.flatMap { Timestamp(rfc3339: $0) }?.description
        )
    }

    @Test(
        arguments: [
            (1_763_712_000_123_456_789, 9, "2025-11-21T08:00:00.123456789Z"),
            (1_763_712_000_000_000_001, 3, "2025-11-21T08:00:00.000Z"), (0, 9, "1970-01-01T00:00:00.000000000Z"),
            (-1, 9, "1969-12-31T23:59:59.999999999Z"),
        ] as [(Int64, Int, String)])
    func aTimeIsShownToTheNanosecond(time: Int64, digits: Int, text: String) {
        #expect(FoundLine.rfc3339(time, digits: digits) == text)
    }

    @Test func noValueBecomesPartOfAStatement() throws {
        let words = [
            "host=h4ck", "env!=h4ck", "zone=~h4ck", "rack!~h4ck", "--text", "h4ck", "--not", "h4ck", "--regex", "h4ck",
            "--tenant", "h4ck",
        ]
        let filter = try filter(words)
        let search = LogSearch(filter: filter, since: Self.now, until: Self.now + .seconds(60), limit: 4711)
        let statistics = LogStatistics(
            filter: filter, names: ["h4ck"], since: Self.now, until: Self.now, limit: 4711)
        for text in [search.statement(chunksFrom: 0, to: 1, linesFrom: 0, to: 1).text, statistics.statement.text] {
            #expect(!text.contains("h4ck") && !text.contains("4711"))
        }
    }

    @Test func statisticsAreToldApartByWhatIsSaidOnce() throws {
        #expect(try LogStatistics.names([]) == ["host", "service", "level"])
        #expect(try LogStatistics.names(["service,env", "level", "env"]) == ["service", "env", "level"])
        for said in ["", "a,", "a-b", "entries", "1"] {
            #expect(throws: Failure.self) { try LogStatistics.names([said]) }
        }
    }

    @Test func aLineForPeopleCannotCommandTheTerminal() throws {
        let line = FoundLine(
            time: 1_763_712_000_123_456_789, level: .error, line: "a\u{1B}[2J\nb", host: nil, service: "shop\u{7}")
        let plain = try Output(Invocation(Verb.logs, ["--color", "never"]))
        #expect(line.text(in: plain) == #"2025-11-21T08:00:00.123Z - shop\u{7} error a\u{1b}[2J\nb"#)
        let colored = try Output(Invocation(Verb.logs, ["--color", "always"]))
        #expect(line.text(in: colored).contains("\u{1B}[31merror\u{1B}[0m a"))
    }
}

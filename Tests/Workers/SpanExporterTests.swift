import Contracts
import HTTPClient
import Synchronization
import TestSupport
import Testing

@testable import Runtime

/// What the exporter does with a receiver that is well, that is not, and that says nothing.
@Suite struct SpanExporterTests {
    /// What was reported, in its order, for a test that waits for it.
    private final class Reports: Sendable {
        private let all = Mutex<[SpanExporter.Report]>([])

        func add(_ report: SpanExporter.Report) { all.withLock { $0.append(report) } }

        var list: [SpanExporter.Report] { all.withLock { $0 } }

        var exported: Int {
            list.reduce(0) { sum, report in if case .exported(let count) = report { sum + count } else { sum } }
        }

        func dropped(_ loss: SpanExporter.Loss) -> Int {
            list.reduce(0) { sum, report in
                if case .dropped(let count, loss) = report { sum + count } else { sum }
            }
        }
    }

    private static func spans(_ count: Int) -> [Span] {
        (1...count).map { number in
            Span(
                "process probe", .consumer,
                context: TraceContext(trace: UniqueID(high: 1, low: 1), span: UInt64(number), flags: 1), parent: nil,
                state: nil, start: .epoch)
        }
    }

    private static func settings(
        _ url: String, _ change: (inout TraceSettings) -> Void = { _ in }
    ) throws -> TraceSettings {
        var settings = TraceSettings(try ClientURL(url, adding: "/v1/traces"))
        settings.delay = .milliseconds(10)
        settings.options.timeout = .seconds(20)
        change(&settings)
        return settings
    }

    private static let taken = ScriptedServer.answer("200 OK", "{}")

    @Test func spansGoOutInRequestsOfFiveHundredAndTwelveWithTheHeadersThatAreSet() throws {
        let reports = Reports()
        try ScriptedServer.with { _, _ in
            [Self.taken]
        } _: { server in
            let settings = try Self.settings(server.url) {
                $0.headers = [("X-Key", "secret")]
                $0.delay = .seconds(3600)
            }
            let exporter = SpanExporter(settings, report: reports.add)
            exporter.start()
            exporter.submit(Self.spans(512))
            try eventually("a full request is sent at once") { reports.exported == 512 }
            exporter.submit(Self.spans(600))
            try eventually("another one") { reports.exported == 1024 }
            exporter.close(within: .seconds(20))
            #expect(reports.exported == 1112, "what is left is sent at the end")
            #expect(server.requests.count == 3)
            let request = try #require(server.requests.first)
            #expect(request.hasPrefix("POST /v1/traces HTTP/1.1\r\n"))
            for line in ["X-Key: secret", "Content-Type: application/json"] {
                #expect(request.contains("\r\n\(line)\r\n"))
            }
        }
    }

    @Test(
        "What is to be tried again is tried again",
        arguments: ["429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"])
    func again(status: String) throws {
        let reports = Reports()
        try ScriptedServer.with { _, number in
            [number == 0 ? ScriptedServer.answer(status, "", "Retry-After: 1") : Self.taken]
        } _: { server in
            let exporter = SpanExporter(try Self.settings(server.url), report: reports.add)
            exporter.start()
            exporter.submit(Self.spans(3))
            try eventually("they are taken after all") { reports.exported == 3 }
            exporter.close(within: .seconds(20))
            #expect(server.requests.count == 2)
            let answer = "the receiver answers \(status.prefix(3))"
            #expect(reports.list == [.away(answer), .back, .exported(3)])
        }
    }

    @Test("What is not wanted is not sent again", arguments: ["400 Bad Request", "401 Unauthorized", "500 Internal"])
    func refused(status: String) throws {
        let reports = Reports()
        try ScriptedServer.with { _, _ in
            [ScriptedServer.answer(status)]
        } _: { server in
            let exporter = SpanExporter(try Self.settings(server.url), report: reports.add)
            exporter.start()
            exporter.submit(Self.spans(2))
            try eventually("they are dropped") { reports.dropped(.refused) == 2 }
            exporter.close(within: .seconds(20))
            #expect(server.requests.count == 1)
        }
    }

    @Test func whatAReceiverSaysThatItDidNotTakeIsNotCountedAsExported() throws {
        let reports = Reports()
        let answer = ScriptedServer.answer("200 OK", #"{"partialSuccess":{"rejectedSpans":"2"}}"#)
        try ScriptedServer.with { _, _ in
            [answer]
        } _: { server in
            let exporter = SpanExporter(try Self.settings(server.url), report: reports.add)
            exporter.start()
            exporter.submit(Self.spans(5))
            exporter.close(within: .seconds(20))
            #expect(reports.exported == 3)
            #expect(reports.dropped(.refused) == 2)
        }
    }

    @Test func whatFindsNoRoomIsDroppedAndNobodyWaits() throws {
        let reports = Reports()
        // Nothing runs that could take them.
        let exporter = SpanExporter(try Self.settings("http://127.0.0.1:1") { $0.queueLimit = 10 }, report: reports.add)
        exporter.submit(Self.spans(7))
        exporter.submit(Self.spans(7))
        #expect(reports.list == [.dropped(4, .full)])
    }

    @Test func aReceiverThatIsNotThereCostsTheSpansAndNotTheEnd() throws {
        let reports = Reports()
        let exporter = SpanExporter(try Self.settings("http://127.0.0.1:1"), report: reports.add)
        exporter.start()
        exporter.submit(Self.spans(2))
        try eventually("it is missed") { !reports.list.isEmpty }
        exporter.close(within: .seconds(3600))
        #expect(reports.dropped(.away) == 2)
    }

    @Test func aReceiverThatSaysNothingDoesNotKeepTheProcessFromEnding() throws {
        let reports = Reports()
        try ScriptedServer.with { _, _ in
            [.hang]
        } _: { server in
            let settings = try Self.settings(server.url) { $0.options.timeout = .seconds(3600) }
            let exporter = SpanExporter(settings, report: reports.add)
            exporter.start()
            exporter.submit(Self.spans(1))
            try eventually("it has the request") { !server.requests.isEmpty }
            exporter.submit(Self.spans(1))
            exporter.close(within: .milliseconds(10))
            #expect(reports.dropped(.away) == 2)
        }
    }
}

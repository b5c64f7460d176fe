import Contracts
import HTTPClient
import Testing

@testable import IngestLogsWorker

/// What Loki's answers mean.
struct LokiAnswerTests {
    private static let page = [(name: "Content-Type", value: "text/html; charset=utf-8")]

    private func answer(_ status: Int, _ text: String = "", page: Bool = false, after: Duration? = nil) -> LokiAnswer {
        LokiAnswer(
            ClientResponse(
                status: status, headers: page ? Self.page : [], body: Array(text.utf8), retryAfter: after))
    }

    @Test(
        "Only an acknowledgement is one",
        arguments: [(204, true), (200, true), (201, false), (202, false), (302, false)])
    func taken(status: Int, isTaken: Bool) {
        #expect((answer(status) == .taken) == isTaken)
        #expect(answer(200, "<html>", page: true) != .taken)
        #expect(answer(200, "ready") != .taken)
        #expect(answer(200, "{\"status\":\"queued\"}") != .taken)
    }

    @Test(
        "What is not the lines' doing is waited for",
        arguments: [
            (301, "loki-misconfigured"), (401, "loki-misconfigured"), (403, "loki-misconfigured"),
            (404, "loki-misconfigured"), (405, "loki-misconfigured"), (415, "loki-misconfigured"),
            (408, "loki-unavailable"), (500, "loki-unavailable"), (502, "loki-unavailable"), (503, "loki-unavailable"),
            (429, "loki-limited"), (0, "loki-misconfigured"),
        ])
    func away(status: Int, code: String) {
        guard case .away(code, _, .seconds(9)) = answer(status, "x", after: .seconds(9)) else {
            Issue.record("\(answer(status))")
            return
        }
    }

    @Test("What is the lines' doing is refused, unless a proxy's page says it", arguments: [400, 422])
    func refused(status: Int) {
        #expect(answer(status, "line too long\n") == .refused(LokiRefusal("line too long")))
        guard case .away("loki-misconfigured", _, nil) = answer(status, "<html>", page: true) else {
            Issue.record("a page counts")
            return
        }
        #expect(answer(413) == .refused(LokiRefusal("too large")))
        #expect(answer(413, "<html>", page: true) == .refused(LokiRefusal("<html>")))
    }

    @Test("No answer is waited for as well")
    func none() {
        for (code, word) in [(ClientError.Code.timedOut, "loki-unavailable"), (.tls, "loki-misconfigured")] {
            guard case .away(word, _, nil) = LokiAnswer(ClientError(code, "x")) else {
                Issue.record("\(code)")
                continue
            }
        }
    }

    @Test("What Loki says is one line that is not long")
    func text() {
        guard case .refused(let refusal) = answer(400, "a\r\nb\u{1B}[31m" + String(repeating: "ü", count: 1000)) else {
            Issue.record("taken")
            return
        }
        #expect(refusal.text.hasPrefix("a  b [31mü"))
        #expect(refusal.text.utf8.count < 410)
    }

    /// What an ingester says when it leaves out lines of a stream: ten of them, and how many there were.
    private func said(_ count: Int, of total: Int, labels: String = "{a=\"b\"}") -> String {
        let lines = (0..<min(count, 10)).map {
            """
            entry with timestamp 2026-11-21 12:00:00.00000000\($0) +0000 UTC ignored, reason: 'entry too far behind, \
            entry timestamp is: 2026-11-21T12:00:00Z, oldest acceptable timestamp is: 2026-11-21T13:00:00Z',

            """
        }
        return lines.joined() + "user 'fake', total ignored: \(count) out of \(total) for stream: \(labels)"
    }

    @Test("The count of ignored lines is read however much is said before it", arguments: [1, 2, 3, 10, 100, 5000])
    func ignored(count: Int) {
        guard case .refused(let refusal) = answer(400, said(count, of: 5000)) else {
            Issue.record("no refusal")
            return
        }
        #expect(refusal.ignored == LokiRefusal.Ignored(count: count, total: 5000))
        #expect(refusal.code == .outOfOrder)
        #expect(refusal.text.utf8.count < 410)
    }

    @Test("What is no count is none")
    func noCount() {
        for text in ["6 out of 5 for stream", "0 out of 0 for", "-1 out of 5 for", "2"] {
            #expect(LokiRefusal("user 'fake', total ignored: \(text)").ignored == nil)
        }
        #expect(LokiRefusal("something new").code == .lokiRefused)
    }

    @Test("What a sender writes into its labels is no word of Loki's")
    func quoted() {
        let labels =
            #"{a="\"total ignored: 9 out of 9 includes structured metadata, but this feature is disallowed"}"#
        let long = "Max entry size '262144' bytes exceeded for stream '\(labels)' while adding an entry"
        #expect(LokiRefusal(long).ignored == nil)
        #expect(LokiRefusal(long).code == .lineTooLong)
        #expect(answer(400, long) == .refused(LokiRefusal(long)))
        #expect(LokiRefusal(said(2, of: 5, labels: labels)).ignored == LokiRefusal.Ignored(count: 2, total: 5))
        let raw = "stream '{}' has label value too long: 'includes structured metadata, but this feature is disallowed'"
        #expect(answer(400, raw) == .refused(LokiRefusal(raw)))
        #expect(LokiRefusal(raw).code == .labelValueTooLong)
    }

    @Test(
        "A Loki that takes no structured metadata, or reads another JSON, is not set up for us",
        arguments: [
            "stream '{a=\"b\"}' includes structured metadata, but this feature is disallowed. Please see "
                + "`limits_config.structured_metadata` or contact your Loki administrator to enable it.",
            "loghttp.PushRequest.Streams: []loghttp.LogProtoStream: unmarshalerDecoder: Value looks like Number",
            "couldn't parse push request: unexpected EOF",
        ])
    func misconfigured(text: String) {
        guard case .away("loki-misconfigured", _, nil) = answer(400, text) else {
            Issue.record("\(answer(400, text))")
            return
        }
    }

    @Test("Metadata beyond Loki's limits is the line's doing")
    func metadata() {
        for text in [
            "stream '{}' has structured metadata too large: '70000' bytes, limit: '65536' bytes",
            "stream '{}' has too many structured metadata labels: '129', limit: '128'",
        ] {
            #expect(answer(400, text) == .refused(LokiRefusal(text)))
            #expect(LokiRefusal(text).code == .metadataTooLarge)
        }
    }

    /// A Loki that refuses some lines, and says how many of one stream or not.
    private func sift(_ streams: [[Bool]], terse: Bool, pushes: Int = 64) -> (
        sieve: LokiSieve, decided: Bool, made: Int
    ) {
        var pointers: [String] = []
        let pieces = streams.map { lines in
            LokiPiece(
                labels: [],
                lines: lines.map { isBad in
                    var entry = LogEntry(time: 1, line: isBad ? "bad" : "good")
                    entry.place = pointers.count
                    pointers.append("/\(pointers.count)")
                    return (Int64(1), entry)
                }[...])
        }
        var sieve = LokiSieve(pieces, pointers: pointers, pushes: pushes)
        var made = 0
        while true {
            switch sieve.next() {
            case .done: return (sieve, true, made)
            case .undecided: return (sieve, false, made)
            case .push(let part):
                made += 1
                let last = part.last { piece in piece.lines.contains { $0.1.line == "bad" } }
                guard let last else {
                    sieve.take()
                    continue
                }
                let count = last.lines.count { $0.1.line == "bad" }
                let text = "user 'x', total ignored: \(count) out of \(last.lines.count) for stream: {}"
                #expect(LokiRefusal(text).ignored?.count == count)
                sieve.refuse(LokiRefusal(terse ? "no" : text))
            }
        }
    }

    @Test("The sieve finds how many lines are refused", arguments: [false, true])
    func sieve(terse: Bool) {
        let lines = (0..<40).map { $0 == 7 || $0 == 30 }
        let single = sift([lines], terse: terse)
        #expect(single.decided && single.sieve.rejections.count == 2)
        #expect(single.sieve.rejections.list.first?.pointer == (terse ? "/7" : "/0"))
        #expect(terse || single.made == 1)
        let many = sift([lines, [false], [true], lines, [false, false]], terse: terse)
        #expect(many.decided && many.sieve.rejections.count == 5)
        #expect(sift([], terse: terse).decided)
        #expect(sift([[true]], terse: terse).sieve.rejections.count == 1)
    }

    @Test("The sieve gives up where too many pushes would be needed")
    func hopeless() {
        let lines = (0..<1000).map { $0 % 2 == 0 }
        let found = sift([lines], terse: true)
        #expect(!found.decided && found.made == 64)
        #expect(sift([lines], terse: false).decided)
    }
}

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
        #expect(answer(status, "line too long\n") == .refused("line too long"))
        guard case .away("loki-misconfigured", _, nil) = answer(status, "<html>", page: true) else {
            Issue.record("a page counts")
            return
        }
        #expect(answer(413) == .refused("too large"))
        #expect(answer(413, "<html>", page: true) == .refused("<html>"))
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
        guard case .refused(let text) = answer(400, "a\r\nb\u{1B}[31m" + String(repeating: "ü", count: 1000)) else {
            Issue.record("taken")
            return
        }
        #expect(text.hasPrefix("a  b [31mü"))
        #expect(text.utf8.count < 410)
    }

    @Test("The count of ignored lines is read where it is said")
    func ignored() throws {
        let said = """
            entry with timestamp 2026-01-01 ignored, reason: 'entry too far behind, oldest acceptable timestamp is: x',
            user 'fake', total ignored: 2 out of 5 for stream: {a="total ignored: 9 out of 9"}
            """
        let found = try #require(LokiAnswer.ignored(said))
        #expect(found == (2, 5))
        #expect(LokiAnswer.ignored("total ignored: 6 out of 5 for stream") == nil)
        #expect(LokiAnswer.ignored("total ignored: 0 out of 0 for") == nil)
        #expect(LokiAnswer.ignored("total ignored: -1 out of 5 for") == nil)
        #expect(LokiAnswer.ignored("total ignored: 2") == nil)
        #expect(LokiAnswer.code(of: said) == .outOfOrder)
        #expect(LokiAnswer.code(of: "something new") == .lokiRefused)
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
                sieve.refuse(terse ? "no" : "total ignored: \(count) out of \(last.lines.count) for stream: {}")
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

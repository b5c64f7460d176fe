import AMQP
import Testing

@Suite("The confirm tracker")
struct ConfirmTrackerTests {
    private func message(
        _ token: UInt64, key: String = "k", id: String? = nil, mandatory: Bool = true
    ) -> OutgoingMessage {
        OutgoingMessage(
            exchange: "x", routingKey: key, properties: Properties(messageID: id), body: [1], mandatory: mandatory,
            token: token)
    }

    private func tracker(_ messages: [OutgoingMessage], window: Int = 100) -> ConfirmTracker {
        var tracker = ConfirmTracker(window: window)
        for message in messages { tracker.sent(message) }
        return tracker
    }

    @Test("reports each message once, in the order of the answers")
    func answers() {
        var tracker = tracker((1...6).map { message($0) })
        var reports: [PublishReport] = []
        tracker.answered(2, multiple: false, nack: false, into: &reports)
        tracker.answered(3, multiple: true, nack: false, into: &reports)
        tracker.answered(5, multiple: false, nack: true, into: &reports)
        tracker.answered(5, multiple: false, nack: false, into: &reports)
        #expect(reports.map(\.token) == [2, 1, 3, 5])
        #expect(reports.map(\.outcome) == [.confirmed, .confirmed, .confirmed, .nacked])
        #expect(tracker.unconfirmed == 2)
        tracker.answered(6, multiple: true, nack: true, into: &reports)
        #expect(reports.map(\.token) == [2, 1, 3, 5, 4, 6])
        #expect(tracker.unconfirmed == 0)
    }

    @Test("takes sequence zero with multiple as everything")
    func everything() {
        var tracker = tracker((1...3).map { message($0) })
        var reports: [PublishReport] = []
        tracker.answered(0, multiple: true, nack: false, into: &reports)
        #expect(reports.map(\.token) == [1, 2, 3])
    }

    @Test("ignores answers to what was never sent", arguments: [UInt64(0), 4, 1_000])
    func unknown(sequence: UInt64) {
        var tracker = tracker((1...3).map { message($0) })
        var reports: [PublishReport] = []
        tracker.answered(sequence, multiple: false, nack: false, into: &reports)
        #expect(reports.isEmpty)
        #expect(tracker.unconfirmed == 3)
    }

    @Test("lets a window of messages out")
    func window() {
        var tracker = tracker([message(1), message(2)], window: 3)
        #expect(tracker.room == 1)
        tracker.sent(message(3))
        #expect(tracker.room == 0)
        var reports: [PublishReport] = []
        tracker.answered(2, multiple: true, nack: false, into: &reports)
        #expect(tracker.room == 2)
    }

    @Test("lets the return win over the confirm that follows it")
    func returnWins() {
        var tracker = tracker([message(1, id: "a"), message(2, id: "b"), message(3, id: "c")])
        var reports: [PublishReport] = []
        #expect(
            tracker.returned(replyCode: 312, text: "NO_ROUTE", exchange: "x", routingKey: "k", messageID: "b") == true)
        tracker.answered(3, multiple: true, nack: false, into: &reports)
        #expect(
            reports.map(\.outcome) == [.confirmed, .returned(replyCode: 312, text: "NO_ROUTE"), .confirmed])
    }

    @Test("matches returns without an id by publish order and routing")
    func returnsWithoutID() {
        var tracker = tracker([
            message(1, key: "here"), message(2, key: "gone"), message(3, key: "gone", mandatory: false),
            message(4, key: "gone"), message(5, key: "here"),
        ])
        var reports: [PublishReport] = []
        for _ in 0..<2 {
            #expect(
                tracker.returned(replyCode: 312, text: "", exchange: "x", routingKey: "gone", messageID: nil) == true)
        }
        #expect(tracker.returned(replyCode: 312, text: "", exchange: "x", routingKey: "gone", messageID: nil) == false)
        tracker.answered(5, multiple: true, nack: false, into: &reports)
        let returned = reports.filter { $0.outcome == .returned(replyCode: 312, text: "") }.map(\.token)
        #expect(returned == [2, 4])
    }

    @Test("does not let an early confirm confuse later returns")
    func returnsAfterConfirms() {
        var tracker = tracker((1...4).map { message($0, id: "m\($0)") }, window: 1)
        var reports: [PublishReport] = []
        tracker.answered(3, multiple: true, nack: false, into: &reports)
        tracker.sent(message(5, id: "m5"))
        #expect(tracker.returned(replyCode: 312, text: "", exchange: "x", routingKey: "k", messageID: "m5") == true)
        #expect(tracker.returned(replyCode: 312, text: "", exchange: "x", routingKey: "k", messageID: "m4") == false)
        tracker.answered(5, multiple: true, nack: false, into: &reports)
        #expect(reports.last == PublishReport(token: 5, outcome: .returned(replyCode: 312, text: "")))
    }

    @Test("gives back what a lost connection left open, and reports what was returned")
    func lost() {
        var tracker = tracker((1...4).map { message($0, id: "m\($0)") })
        var reports: [PublishReport] = []
        tracker.answered(1, multiple: false, nack: false, into: &reports)
        tracker.returned(replyCode: 312, text: "", exchange: "x", routingKey: "k", messageID: "m3")
        #expect(tracker.lost(into: &reports).map(\.token) == [2, 4])
        #expect(reports.map(\.token) == [1, 3])
        #expect(tracker.unconfirmed == 0)
        tracker.sent(message(9))
        tracker.answered(1, multiple: false, nack: false, into: &reports)
        #expect(reports.last == PublishReport(token: 9, outcome: .confirmed))
    }

    @Test("finds the message that closes the channel by sending one at a time")
    func culprit() {
        var queue = (1...5).map { message($0) }
        var tracker = ConfirmTracker(window: 100)
        var reports: [PublishReport] = []
        var rounds = 0
        while !queue.isEmpty || tracker.unconfirmed > 0, rounds < 100 {
            rounds += 1
            var sent: [OutgoingMessage] = []
            while tracker.room > 0, !queue.isEmpty {
                let message = queue.removeFirst()
                sent.append(message)
                tracker.sent(message)
            }
            // This broker closes the channel on tokens 2 and 4, and confirms nothing of such a round.
            if sent.contains(where: { $0.token == 2 || $0.token == 4 }) {
                queue = tracker.refused(replyCode: 404, text: "no exchange", into: &reports) + queue
            } else {
                tracker.answered(0, multiple: true, nack: false, into: &reports)
            }
        }
        let refused = reports.filter { $0.outcome == .returned(replyCode: 404, text: "no exchange") }.map(\.token)
        #expect(refused == [2, 4])
        #expect(reports.map(\.token).sorted() == [1, 2, 3, 4, 5])
        #expect(tracker.room == 100)
    }

    @Test("reports every message exactly once, whatever the broker does", arguments: UInt64(1)...20)
    func model(seed: UInt64) {
        var random = SplitMix(seed)
        var tracker = ConfirmTracker(window: 16)
        var reports: [PublishReport] = []
        var token: UInt64 = 0
        var sequence: UInt64 = 0
        var given: [UInt64] = []
        for _ in 0..<2000 {
            while tracker.room > 0, Int.random(in: 0..<4, using: &random) > 0 {
                token += 1
                sequence += 1
                tracker.sent(message(token, id: "\(token)"))
            }
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                given += tracker.lost(into: &reports).map(\.token)
                sequence = 0
            case 1...3:
                tracker.returned(
                    replyCode: 312, text: "", exchange: "x", routingKey: "k",
                    messageID: "\(UInt64.random(in: 0...token, using: &random))")
            default:
                let low = sequence > 20 ? sequence - 20 : 0
                let answered = UInt64.random(in: low...sequence, using: &random)
                if answered > 0 {
                    tracker.answered(
                        answered, multiple: Bool.random(using: &random), nack: Bool.random(using: &random),
                        into: &reports)
                }
            }
        }
        given += tracker.lost(into: &reports).map(\.token)
        let all = (reports.map(\.token) + given).sorted()
        #expect(all == Array(1...token))
    }
}

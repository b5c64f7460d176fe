import AMQP
import Testing

/// How long the broker takes to confirm.
struct ConfirmTimerTests {
    @Test func aBurstIsTimedByItsLastMessage() {
        var timer = ConfirmTimer()
        timer.sent(upTo: 500, at: .seconds(1))
        #expect(timer.answered(499, multiple: true, nack: false) == nil)
        #expect(timer.answered(499, multiple: false, nack: false) == nil)
        #expect(timer.answered(500, multiple: false, nack: false) == .seconds(1))
        #expect(timer.answered(500, multiple: false, nack: false) == nil, "once")
    }

    @Test func anAnswerToManyEndsAllBurstsBeforeItAndTellsOfTheOldest() {
        var timer = ConfirmTimer()
        timer.sent(upTo: 1, at: .seconds(1))
        timer.sent(upTo: 2, at: .seconds(2))
        timer.sent(upTo: 3, at: .seconds(3))
        #expect(timer.answered(2, multiple: true, nack: false) == .seconds(1))
        #expect(timer.answered(0, multiple: true, nack: false) == .seconds(3), "0 means all")
    }

    @Test func burstsMayBeAnsweredOutOfTurn() {
        var timer = ConfirmTimer()
        timer.sent(upTo: 1, at: .seconds(1))
        timer.sent(upTo: 2, at: .seconds(2))
        #expect(timer.answered(2, multiple: false, nack: false) == .seconds(2))
        #expect(timer.answered(1, multiple: false, nack: false) == .seconds(1))
    }

    @Test func aRefusalIsNoConfirm() {
        var timer = ConfirmTimer()
        timer.sent(upTo: 1, at: .seconds(1))
        #expect(timer.answered(1, multiple: false, nack: true) == nil)
        #expect(timer.answered(1, multiple: false, nack: false) == nil)
    }

    @Test func nothingSentAndNothingNewIsNoBurst() {
        var timer = ConfirmTimer()
        timer.sent(upTo: 0, at: .seconds(1))
        timer.sent(upTo: 4, at: .seconds(1))
        timer.sent(upTo: 4, at: .seconds(5))
        #expect(timer.answered(4, multiple: true, nack: false) == .seconds(1))
    }

    @Test func theTrackerKnowsTheLastNumber() {
        var tracker = ConfirmTracker(window: 10)
        var reports: [PublishReport] = []
        #expect(tracker.lastSequence == 0)
        for _ in 0..<3 { tracker.sent(OutgoingMessage(exchange: "", routingKey: "q", body: [])) }
        #expect(tracker.lastSequence == 3)
        tracker.answered(3, multiple: true, nack: false, into: &reports)
        #expect(tracker.lastSequence == 3)
        _ = tracker.lost(into: &reports)
        #expect(tracker.lastSequence == 0, "a channel begins anew")
    }
}

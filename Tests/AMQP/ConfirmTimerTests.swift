import AMQP
import Testing

/// How long the broker takes to confirm.
struct ConfirmTimerTests {
    @Test func aBurstIsTimedByItsLastMessage() {
        var timer = ConfirmTimer()
        timer.sent(upTo: 500, at: .seconds(1))
        #expect(timer.answered(499, multiple: true, nack: false, at: .seconds(2)) == nil)
        #expect(timer.answered(500, multiple: false, nack: false, at: .seconds(3)) == .seconds(2))
        #expect(timer.answered(500, multiple: false, nack: false, at: .seconds(4)) == nil, "once")
    }

    @Test func anAnswerToManyEndsAllBurstsBeforeItAndTellsOfTheOldest() {
        var timer = ConfirmTimer()
        timer.sent(upTo: 1, at: .seconds(1))
        timer.sent(upTo: 2, at: .seconds(2))
        timer.sent(upTo: 3, at: .seconds(3))
        #expect(timer.answered(2, multiple: true, nack: false, at: .seconds(6)) == .seconds(5))
        #expect(timer.answered(0, multiple: true, nack: false, at: .seconds(7)) == .seconds(4), "0 means all")
    }

    @Test func aRefusalIsNoConfirm() {
        var timer = ConfirmTimer()
        timer.sent(upTo: 1, at: .seconds(1))
        #expect(timer.answered(1, multiple: false, nack: true, at: .seconds(2)) == nil)
        #expect(timer.answered(1, multiple: false, nack: false, at: .seconds(3)) == nil)
    }

    @Test func nothingSentAndNothingNewIsNoBurst() {
        var timer = ConfirmTimer()
        timer.sent(upTo: 0, at: .seconds(1))
        timer.sent(upTo: 4, at: .seconds(1))
        timer.sent(upTo: 4, at: .seconds(5))
        #expect(timer.answered(4, multiple: true, nack: false, at: .seconds(6)) == .seconds(5))
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

import AMQP
import Testing

/// How long a confirm is waited for.
struct ConfirmPatienceTests {
    /// What it says to each look in turn: at the oldest message, after so many seconds.
    private func looks(_ looks: (oldest: UInt64?, at: Int)...) -> [Bool] {
        var patience = ConfirmPatience(limit: .seconds(30))
        return looks.map { patience.isOver(oldest: $0.oldest, at: .seconds($0.at)) }
    }

    @Test func theOldestMessageIsWaitedForSoLong() {
        #expect(looks((1, 100), (1, 129), (1, 130)) == [false, false, true])
    }

    @Test func eachAnswerBeginsTheWaitAnew() {
        #expect(looks((1, 0), (2, 29), (2, 58), (2, 59)) == [false, false, false, true])
    }

    @Test func nothingIsWaitedForWithoutAMessage() {
        #expect(looks((1, 0), (nil, 20), (nil, 200), (1, 201), (1, 231)) == [false, false, false, false, true])
    }

    @Test func itDoublesUntilThereIsAnAnswer() {
        var patience = ConfirmPatience(limit: .seconds(30))
        var now = 0
        /// How many seconds a channel is waited on, whose first message is not answered.
        func wait() -> Int {
            patience.begin()
            let start = now
            while !patience.isOver(oldest: 1, at: .seconds(now)) { now += 1 }
            return now - start
        }
        #expect((1...5).map { _ in wait() } == [30, 60, 120, 240, 240])
        _ = patience.isOver(oldest: 1, at: .seconds(now))
        _ = patience.isOver(oldest: 2, at: .seconds(now))
        #expect(wait() == 30)
    }
}

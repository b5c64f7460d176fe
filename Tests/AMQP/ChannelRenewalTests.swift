import AMQP
import Testing

/// When a channel on which messages are refused is changed.
struct ChannelRenewalTests {
    private func opened(at seconds: Int = 0) -> ChannelRenewal {
        var renewal = ChannelRenewal(patience: .seconds(5))
        renewal.opened(at: .seconds(seconds))
        return renewal
    }

    @Test func withoutARefusalItIsKept() {
        var renewal = opened()
        #expect(renewal.step(unconfirmed: 0, at: .seconds(1000)) == .none)
    }

    @Test func itIsChangedWhenItIsOldEnoughAndEverythingIsAnswered() {
        var renewal = opened()
        renewal.refused(at: .seconds(1))
        #expect(renewal.step(unconfirmed: 0, at: .milliseconds(4999)) == .none)
        #expect(renewal.step(unconfirmed: 7, at: .seconds(5)) == .drain)
        #expect(renewal.step(unconfirmed: 0, at: .seconds(6)) == .renew)
        renewal.opened(at: .seconds(6))
        #expect(renewal.step(unconfirmed: 0, at: .seconds(60)) == .none)
    }

    @Test func aBrokerThatDoesNotAnswerIsGivenUp() {
        var renewal = opened()
        renewal.refused(at: .seconds(10))
        #expect(renewal.step(unconfirmed: 7, at: .seconds(10)) == .drain)
        #expect(renewal.step(unconfirmed: 7, at: .milliseconds(14_999)) == .drain)
        #expect(renewal.step(unconfirmed: 7, at: .seconds(15)) == .abandon)
    }

    @Test func whatIsRefusedAgainAndAgainIsChangedEverMoreSeldom() {
        var renewal = opened()
        var now = 0
        /// How old the next channel becomes, on which everything is refused.
        func age() -> Int {
            let start = now
            renewal.opened(at: .seconds(now))
            repeat {
                now += 1
                renewal.refused(at: .seconds(now))
            } while renewal.step(unconfirmed: 0, at: .seconds(now)) == .none
            return now - start
        }
        #expect((1...8).map { _ in age() } == [5, 10, 20, 40, 80, 160, 240, 240])
        now += 241
        #expect(age() == 5, "long after the last refusal it is as at first")
    }
}

import Runtime
import Testing

@testable import Relay

@Suite struct RelayThrottleTests {
    static let start = Monotonic(nanoseconds: 1_000_000_000)

    @Test func aDestinationThatTakesEverythingIsNeverLimited() {
        var throttle = Throttle(most: 1000, longest: .seconds(60))
        #expect(throttle.note("a", taken: 1000, refused: 0, at: Self.start, random: 0) == .none)
        #expect(throttle.allowance(of: "a") == 1000)
        #expect(throttle.holdLeft(of: "a", at: Self.start) == nil)
    }

    @Test func aRefusalHoldsOnlyItsOwnDestination() {
        var throttle = Throttle(most: 1000, longest: .seconds(60))
        _ = throttle.note("full", taken: 0, refused: 1000, at: Self.start, random: 0)
        #expect(throttle.holdLeft(of: "full", at: Self.start) == .milliseconds(250))
        #expect(throttle.allowance(of: "full") == Throttle.probe)
        #expect(throttle.holdLeft(of: "other", at: Self.start) == nil)
        #expect(throttle.allowance(of: "other") == 1000)
    }

    @Test(arguments: [
        (1, 500), (2, 1000), (3, 2000), (7, 32_000), (8, 60_000), (100, 60_000),
    ])
    func theHoldDoublesUpToTheLongest(rounds: Int, milliseconds: Int) {
        var throttle = Throttle(most: 1000, longest: .seconds(60))
        var last = Throttle.Change.none
        for _ in 1...rounds { last = throttle.note("full", taken: 0, refused: 8, at: Self.start, random: 1) }
        #expect(last == .held(rounds: rounds, delay: .milliseconds(milliseconds), alarm: rounds == 5))
    }

    @Test func theAlarmIsRaisedOnceAndTakenBackOnce() {
        var throttle = Throttle(most: 1000, alarmAfter: 3, longest: .seconds(60))
        var alarms = 0
        for _ in 1...10 {
            if case .held(_, _, true) = throttle.note("a", taken: 0, refused: 1, at: Self.start, random: 0) {
                alarms += 1
            }
        }
        #expect(alarms == 1)
        #expect(throttle.note("a", taken: 8, refused: 0, at: Self.start, random: 0) == .recovered)
        #expect(throttle.note("a", taken: 8, refused: 0, at: Self.start, random: 0) == .none)
    }

    @Test func theOfferDoublesUntilTheLimitIsGone() {
        var throttle = Throttle(most: 1000, longest: .seconds(60))
        _ = throttle.note("a", taken: 0, refused: 1000, at: Self.start, random: 0)
        var offers: [Int] = []
        for _ in 1...8 {
            offers.append(throttle.allowance(of: "a"))
            _ = throttle.note("a", taken: throttle.allowance(of: "a"), refused: 0, at: Self.start, random: 0)
        }
        #expect(offers == [8, 16, 32, 64, 128, 256, 512, 1000])
    }

    @Test func aQueueThatTakesAPartIsOfferedThatPart() {
        var throttle = Throttle(most: 1000, longest: .seconds(60))
        let change = throttle.note("a", taken: 40, refused: 960, at: Self.start, random: 1)
        #expect(change == .held(rounds: 0, delay: .milliseconds(500), alarm: false))
        #expect(throttle.allowance(of: "a") == 40)
    }

    @Test func theHoldEnds() {
        var throttle = Throttle(most: 10, longest: .seconds(60))
        _ = throttle.note("a", taken: 0, refused: 1, at: Self.start, random: 1)
        #expect(throttle.holdLeft(of: "a", at: Self.start + .milliseconds(499)) == .milliseconds(1))
        #expect(throttle.holdLeft(of: "a", at: Self.start + .milliseconds(500)) == nil)
    }

    @Test func noAnswerSaysNothingAboutTheDestination() {
        var throttle = Throttle(most: 10, longest: .seconds(60))
        _ = throttle.note("a", taken: 0, refused: 1, at: Self.start, random: 1)
        #expect(throttle.note("a", taken: 0, refused: 0, at: Self.start, random: 1) == .none)
        #expect(throttle.holdLeft(of: "a", at: Self.start) == .milliseconds(500))
    }
}

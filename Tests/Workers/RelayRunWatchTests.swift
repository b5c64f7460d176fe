import Contracts
import Runtime
import Testing

@testable import Relay

/// Whom the relay takes for silent, by the time that it has watched itself.
@Suite struct RelayRunWatchTests {
    private static func sight(
        _ beats: Int64, fence: Int64 = 1, key: UInt64 = 1, isQueued: Bool = false
    ) -> RunWatch.Sight {
        RunWatch.Sight(
            key: UniqueID(high: 0, low: key), fence: fence, beats: beats, lease: .seconds(10), isQueued: isQueued)
    }

    private static func second(_ number: Int) -> Monotonic {
        Monotonic(nanoseconds: 1_000_000_000_000) + .seconds(number)
    }

    @Test func aRunThatStandsStillForALeaseIsSilent() {
        var watch = RunWatch(longestGap: .seconds(2))
        for second in 0..<10 {
            let finding = watch.look([Self.sight(5)], at: Self.second(second))
            #expect(finding.silent.isEmpty)
        }
        let finding = watch.look([Self.sight(5)], at: Self.second(10))
        #expect(finding.silent == [Self.sight(5)])
    }

    @Test func aHeartbeatOrAnotherHolderBeginsAnew() {
        var watch = RunWatch(longestGap: .seconds(2))
        for second in 0..<10 { _ = watch.look([Self.sight(5), Self.sight(5, key: 2)], at: Self.second(second)) }
        for second in 10..<20 {
            let finding = watch.look([Self.sight(6), Self.sight(5, fence: 2, key: 2)], at: Self.second(second))
            #expect(finding == RunWatch.Finding())
        }
        let finding = watch.look([Self.sight(6), Self.sight(6, key: 2)], at: Self.second(20))
        #expect(finding.silent == [Self.sight(6)])
    }

    @Test func anotherConnectionBeginsAnew() {
        var watch = RunWatch(longestGap: .seconds(2))
        for second in 0..<10 { _ = watch.look([Self.sight(5)], at: Self.second(second)) }
        watch.begin()
        for second in 10..<20 {
            let finding = watch.look([Self.sight(5)], at: Self.second(second))
            #expect(finding.silent.isEmpty)
        }
        let finding = watch.look([Self.sight(5)], at: Self.second(20))
        #expect(!finding.silent.isEmpty)
    }

    @Test func aRelayThatStoodStillHasWatchedNothingMeanwhile() {
        var watch = RunWatch(longestGap: .seconds(2))
        _ = watch.look([Self.sight(5)], at: Self.second(0))
        let finding = watch.look([Self.sight(5)], at: Self.second(3600))
        #expect(finding.silent.isEmpty)
        for second in 3601..<3608 {
            let finding = watch.look([Self.sight(5)], at: Self.second(second))
            #expect(finding.silent.isEmpty)
        }
        let later = watch.look([Self.sight(5)], at: Self.second(3608))
        #expect(!later.silent.isEmpty)
    }

    @Test func aRunThatWentAwayIsForgotten() {
        var watch = RunWatch(longestGap: .seconds(2))
        for second in 0..<9 { _ = watch.look([Self.sight(5)], at: Self.second(second)) }
        _ = watch.look([], at: Self.second(9))
        let finding = watch.look([Self.sight(5)], at: Self.second(10))
        #expect(finding.silent.isEmpty)
    }

    @Test func aQueuedRunIsWokenAgainLessAndLessOften() {
        var watch = RunWatch(longestGap: .seconds(2))
        var woken: [Int] = []
        for second in 0...100 {
            let finding = watch.look([Self.sight(5, isQueued: true)], at: Self.second(second))
            #expect(finding.silent.isEmpty)
            if !finding.asleep.isEmpty { woken.append(second) }
        }
        #expect(woken == [10, 20, 40, 80])
    }
}

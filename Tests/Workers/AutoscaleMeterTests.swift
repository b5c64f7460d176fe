import Runtime
import Testing

@testable import CLI

/// What is learned from look to look.
@Suite struct AutoscaleMeterTests {
    private static func look(_ consuming: Int, waiting: Int, finished: Double, inHand: Int? = 0) -> ScaleLook {
        ScaleLook(
            replicas: consuming, consuming: consuming, backlog: waiting + (inHand ?? 0), waiting: waiting,
            inHand: inHand, finished: finished)
    }

    private static func meter(_ looks: [ScaleLook]) -> ScaleMeter {
        var meter = ScaleMeter(target: .seconds(60))
        for (number, look) in looks.enumerated() {
            meter.observe(look, at: Monotonic(nanoseconds: Int64(number) * 5_000_000_000))
        }
        return meter
    }

    @Test func aReplicaIsMeasuredWhileSomethingWaits() {
        let looks = [Self.look(2, waiting: 500, finished: 3), Self.look(2, waiting: 400, finished: 20)]
        #expect(Self.meter(looks).pace == ScalePace(rate: 10, isMeasured: true, arrivals: 0))
    }

    @Test func idleReplicasTellTheLeastThatTheyCan() {
        let looks = [3, 5, 4].map { Self.look(2, waiting: 0, finished: $0) }
        let pace = Self.meter(looks).pace
        #expect(pace.rate == 2.5 && !pace.isMeasured)
        #expect(Self.meter([Self.look(0, waiting: 0, finished: 0)]).pace == ScalePace())
    }

    @Test func nothingFinishedWhileSomethingWaitsIsNoRate() {
        #expect(Self.meter([1, 1, 1].map { Self.look(1, waiting: $0, finished: 0) }).pace.rate == nil)
    }

    @Test func aBurstIsNoStreamAndAStreamIs() {
        let burst = [0, 1000, 900, 800, 700, 600].map { Self.look(1, waiting: $0, finished: $0 == 0 ? 0 : 20) }
        #expect(Self.meter(burst).pace.arrivals == 0)
        let stream = [0, 100, 200, 300, 400, 500].map { Self.look(1, waiting: $0, finished: 20) }
        #expect(Self.meter(stream).pace.arrivals == 40)
    }

    @Test func lookingAtOtherThingsComparesNothing() {
        var meter = Self.meter([Self.look(1, waiting: 10, finished: 0), Self.look(1, waiting: 10, finished: 1)])
        let known = meter.pace
        let later = Monotonic(nanoseconds: 10_000_000_000)
        // The management API is away: what is in hand is missing, and has not been finished.
        meter.observe(Self.look(1, waiting: 9000, finished: 900, inHand: nil), at: later)
        #expect(meter.pace == known)
        meter.interrupt()
        meter.observe(Self.look(1, waiting: 9000, finished: 0), at: later + .seconds(900))
        #expect(meter.pace == known)
    }

    @Test func whatIsLevelledOutChangesInTime() {
        var looks = Array(repeating: Self.look(1, waiting: 9, finished: 10), count: 40)
        looks += Array(repeating: Self.look(1, waiting: 9, finished: 100), count: 60)
        let rate = Self.meter(looks).pace.rate ?? 0
        #expect(rate > 95 && rate <= 100)
    }
}

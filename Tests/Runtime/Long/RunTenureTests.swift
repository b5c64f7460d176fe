import AMQP
import Testing

@testable import Runtime

/// Until when others may rely on a run being held.
@Suite struct RunTenureTests {
    private let start = ContinuousClock.now

    @Test func whoFollowsIsToldAtOnceAndWithEachRenewal() {
        let tenure = RunTenure(claimed: start, lease: .seconds(60))
        let told = Monitor<[Duration]>([])
        tenure.follow { [start] until in told.withLock { $0.append(until - start) } }
        tenure.renewed(start + .seconds(10))
        // An answer that was overtaken by a later one takes nothing back.
        tenure.renewed(start + .seconds(5))
        #expect(told.withLock { $0 } == [.seconds(50), .seconds(60), .seconds(60)])
        #expect(tenure.until == start + .seconds(60))
    }
}

import Contracts
import Testing

@testable import Runtime

/// What a long command is to the rest of the runtime.
@Suite struct LongCommandTests {
    @Test func aBegunCommandIsRunningAndHasNoOutcome() {
        let begun = Ending.begun(Progress(step: "begun"))
        #expect(begun.kind == .progressed && begun.state == .running)
        #expect(begun.state.outcome == nil && begun.reason == nil && begun.dueAt == nil)
        #expect(String(decoding: begun.data, as: UTF8.self) == #"{"step":"begun","text":""}"#)
    }

    @Test func aCancelledHandlerEndsCancelledAndAYieldingOneNotAtAll() {
        func ending(_ rejection: Rejection) -> Ending? {
            Verdict.ending(
                of: rejection, attempt: 1, passages: 0, policy: RetryPolicy(), now: .epoch, random: 0)
        }
        let cancelled = ending(.cancelled("ordered twice"))
        #expect(cancelled?.kind == .cancelled && cancelled?.reason?.message == "ordered twice")
        #expect(ending(.yielding) == nil && ending(.lostRun) == nil)
        #expect(Rejection.lostRun.isLostRun && !Rejection.yielding.isLostRun)
    }

    @Test func aRunIsATakeoverWhenSomebodyElseHasHadIt() {
        let key = UniqueID(high: 1, low: 1)
        #expect(HeldKey(key: key, fence: 1) != HeldKey(key: key, fence: 2))
        #expect(RunState.valid(.seconds(60)) == .seconds(50))
        #expect(RunHeart.interval(of: .seconds(60)) * 5 <= RunState.valid(.seconds(60)))
    }
}

import Contracts
import Testing

@testable import Runtime

@Suite struct PlansTests {
    private func deadline(_ subject: UniqueID, _ due: Int64) -> Deadline {
        Deadline(
            subject: subject, dueAt: Timestamp(microseconds: due), command: CommandName("expire-lease"), version: 1,
            tenant: "default", messageID: "\(due)", payload: [], cause: "a test")
    }

    @Test func theLastDecisionOnASubjectStands() {
        let (moved, again, given) = (UniqueID(high: 3, low: 0), UniqueID(high: 1, low: 0), UniqueID(high: 2, low: 0))
        var plans = Plans()
        plans.schedule(deadline(moved, 10))
        plans.schedule(deadline(moved, 20))
        plans.withdraw(again)
        plans.schedule(deadline(again, 30))
        plans.schedule(deadline(given, 40))
        plans.withdraw(given)
        #expect(plans.deadlines.map(\.subject) == [again, moved], "sorted, each once")
        #expect(plans.deadlines.map(\.messageID) == ["30", "20"])
        #expect(plans.withdrawn == [given])
    }
}

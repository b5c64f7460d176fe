import AMQP
import Contracts
import Testing

@testable import Runtime

@Suite struct VerdictTests {
    static let now = Timestamp(microseconds: 1_700_000_000_000_000)
    static let reason = Reason(reason: "because", message: "It is so.")

    struct Case: Sendable {
        let consequence: Rejection.Consequence
        let attempt: Int
        let kind: EventKind?
    }

    @Test(arguments: [
        Case(consequence: .refuse, attempt: 1, kind: .refused),
        Case(consequence: .fail, attempt: 1, kind: .failed),
        Case(consequence: .bury, attempt: 1, kind: .dead),
        Case(consequence: .park, attempt: 9, kind: .parked),
        Case(consequence: .postpone, attempt: 9, kind: .parked),
        Case(consequence: .retry, attempt: 1, kind: .retrying),
        Case(consequence: .retry, attempt: 4, kind: .retrying),
        Case(consequence: .retry, attempt: 5, kind: .dead),
        Case(consequence: .retry, attempt: 6, kind: .dead),
        Case(consequence: .again, attempt: 1, kind: nil),
    ])
    func aConsequenceHasOneEnding(example: Case) {
        let ending = Verdict.ending(
            of: Rejection(example.consequence, Self.reason), attempt: example.attempt, passages: 0,
            policy: RetryPolicy(attempts: 5, base: .seconds(1), cap: .seconds(60)), now: Self.now, random: 0.5)
        #expect(ending?.kind == example.kind)
    }

    @Test(arguments: [
        // What is not the commands' doing costs nobody an attempt, and what stands alone is booked once.
        (Rejection.Consequence.again, 1, false, Recourse.admitAgain), (.again, 500, false, .admitAgain),
        (.again, 1, true, .admitAgain), (.retry, 500, false, .split), (.refuse, 2, false, .split),
        (.retry, 2, true, .split), (.retry, 1, false, .book), (.refuse, 1, false, .book),
        // Booking itself failed: there is no other rejection to book.
        (.retry, 1, true, .admitAgain),
    ])
    func aRollbackHasOneRecourse(
        consequence: Rejection.Consequence, commands: Int, isBooking: Bool, recourse: Recourse
    ) {
        let rejection = Rejection(consequence, Self.reason)
        #expect(Verdict.recourse(after: rejection, commands: commands, isBooking: isBooking) == recourse)
    }

    @Test func aBatchIsAcknowledgedWhenAllOfItHasEndedAndHandedBackOtherwise() {
        #expect(Verdict.settlement(interrupted: false) == .acknowledge)
        #expect(Verdict.settlement(interrupted: true) == .requeue)
    }

    @Test(arguments: [0.0, 0.25, 0.999])
    func aRetryIsDueLaterButNotPastTheCap(random: Double) throws {
        for attempt in 1...20 {
            let ending = Verdict.ending(
                of: Rejection(.retry, Self.reason), attempt: attempt, passages: 0,
                policy: RetryPolicy(attempts: 100, base: .seconds(1), cap: .seconds(60)), now: Self.now, random: random)
            let due = try #require(ending?.dueAt)
            #expect(due >= Self.now)
            #expect(due <= Self.now + .seconds(60))
        }
    }

    @Test(arguments: [-60, 0, 1, 86_400])
    func whatCameBeforeItsTimeIsDueAtItsTimeHoweverOftenItCame(seconds: Int) {
        for passages in [0, 1, 20] {
            let ending = Verdict.ending(
                of: .early("too-early", "Not yet.", until: Self.now + .seconds(seconds)), attempt: 1,
                passages: passages, policy: RetryPolicy(attempts: 5, base: .seconds(1), cap: .seconds(60)),
                now: Self.now, random: 0.5)
            #expect(ending?.kind == .parked)
            #expect(ending?.dueAt == Self.now + .seconds(seconds))
        }
    }

    @Test func anEndingSaysWhatIsStoredAndWhatIsAnnounced() {
        let endings: [(Ending, JobState, EventKind)] = [
            (.succeeded([]), .succeeded, .succeeded), (.refused(Self.reason), .refused, .refused),
            (.failed(Self.reason), .failed, .failed), (.dead(Self.reason), .dead, .dead),
            (.cancelled(Self.reason), .cancelled, .cancelled),
            (.retrying(Self.reason, at: Self.now), .waiting, .retrying),
            (.parked(Self.reason, at: Self.now), .parked, .parked),
        ]
        for (ending, state, kind) in endings {
            #expect(ending.state == state)
            #expect(ending.kind == kind)
            #expect((ending.state.outcome != nil) == ending.kind.isFinal)
        }
    }
}

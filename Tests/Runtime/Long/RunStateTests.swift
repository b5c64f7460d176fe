import AMQP
import Contracts
import Testing

@testable import Runtime

/// Whether a run may go on, as its holder knows it.
@Suite struct RunStateTests {
    private static let start = Monotonic(nanoseconds: 1_000_000_000_000)
    private static let causes: [RunState.Cause] = [
        .yield(isOver: false), .yield(isOver: true), .cancelled("because"), .timedOut, .silent, .lost,
    ]

    private func state(_ causes: RunState.Cause...) -> RunState {
        var state = RunState(since: Self.start, lease: .seconds(60), timeout: .seconds(3600))
        for cause in causes { _ = state.ask(cause) }
        return state
    }

    @Test func theWeightierCauseStands() {
        for (place, one) in Self.causes.enumerated() {
            for (otherPlace, other) in Self.causes.enumerated() {
                #expect(state(one, other).cause == Self.causes[max(place, otherPlace)], "\(one), then \(other)")
            }
        }
    }

    @Test func aStoppingProcessLetsItGoToItsNextCheckpoint() {
        var state = state()
        let isTold = state.ask(.yield(isOver: false))
        #expect(isTold == false)
        #expect(state.toldAt == nil)
        #expect(state.rejection(isResting: false) == nil)
        #expect(state.rejection(isResting: true)?.consequence == .yield)
        let isToldForGood = state.ask(.yield(isOver: true))
        #expect(isToldForGood)
        #expect(state.toldAt != nil)
        #expect(state.rejection(isResting: false)?.consequence == .yield)
    }

    @Test func itIsToldOnce() {
        var state = state()
        let first = state.ask(.cancelled("one"))
        #expect(first)
        let second = state.ask(.cancelled("two"))
        #expect(!second)
        #expect(state.cause == .cancelled("one"))
    }

    @Test func aLeaseThatIsNotRenewedEndsItBeforeAnybodyElseMayHaveIt() {
        var state = RunState(since: Self.start, lease: .seconds(60), timeout: .seconds(3_000_000))
        let early = state.look(Self.start + .seconds(49))
        #expect(!early)
        state.renewed(Self.start + .seconds(10))
        let inTime = state.look(Self.start + .seconds(59))
        #expect(!inTime)
        // An answer that comes late says what held when it was asked.
        state.renewed(Self.start + .seconds(5))
        let late = state.look(Self.start + .seconds(60))
        #expect(late)
        #expect(state.cause == .silent)
        let again = state.look(Self.start + .seconds(61))
        #expect(!again, "it was told")
    }

    @Test func itsTimeIsOver() {
        var state = RunState(since: .now, lease: .seconds(3600), timeout: .zero)
        let isTold = state.look(.now)
        #expect(isTold)
        #expect(state.cause == .timedOut)
        #expect(state.rejection(isResting: false)?.reason.reason == "timed-out")
    }

    @Test func whatBecomesOfItFollowsFromBoth() {
        let refused = Rejection.refused("told-to", "")
        #expect(state().verdict(on: nil) == .close)
        #expect(state().verdict(on: refused) == .reject)
        // What it came to stands, unless it is somebody else's.
        for cause in Self.causes { #expect(state(cause).verdict(on: nil) == (cause == .lost ? .drop : .close)) }
        #expect(state(.yield(isOver: false)).verdict(on: refused) == .reject)
        #expect(state(.yield(isOver: false)).verdict(on: .yielding) == .handBack)
        // Told to end, it may throw whatever it likes.
        #expect(state(.yield(isOver: true)).verdict(on: refused) == .handBack)
        #expect(state(.silent).verdict(on: refused) == .handBack)
        #expect(state(.cancelled("why")).verdict(on: refused) == .reject)
        #expect(state(.lost).verdict(on: refused) == .drop)
    }

    @Test func whatItIsSaidToHaveEndedWith() {
        let odd = Rejection.refused("connection-closed", "")
        #expect(state().ending(of: odd).reason.reason == "connection-closed")
        let cancelled = state(.cancelled("ordered twice")).ending(of: odd)
        #expect(cancelled.consequence == .cancel && cancelled.reason.message == "ordered twice")
        #expect(state(.timedOut).ending(of: odd).consequence == .retry)
        let away = state().ending(of: .away("registry-away", "", pause: .seconds(5)))
        #expect(away.consequence == .postpone && away.until != nil)
    }
}

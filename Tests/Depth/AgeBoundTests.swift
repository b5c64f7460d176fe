import Contracts
import Testing

@testable import Depth

/// What is known of the age of a queue's oldest message.
struct AgeBoundTests {
    private let start = Timestamp(microseconds: 1_700_000_000_000_000)

    @Test func nothingIsKnownAtTheFirstLookAndThenTheTimeSinceIt() {
        var age = AgeBound()
        #expect(age.note(isEmpty: false, newest: nil, at: start) == nil)
        #expect(age.note(isEmpty: false, newest: nil, at: start + .seconds(5)) == .seconds(5))
    }

    @Test func nothingIsOlderThanTheTimeWhenTheQueueWasEmpty() {
        var age = AgeBound()
        #expect(age.note(isEmpty: true, newest: nil, at: start) == .zero)
        #expect(age.note(isEmpty: false, newest: nil, at: start + .seconds(5)) == .seconds(5))
        #expect(age.note(isEmpty: false, newest: nil, at: start + .seconds(90)) == .seconds(90))
        #expect(age.note(isEmpty: true, newest: nil, at: start + .seconds(95)) == .zero)
    }

    @Test func nothingIsOlderThanWhatWasAdmittedLast() {
        var age = AgeBound()
        #expect(age.note(isEmpty: false, newest: start - .seconds(30), at: start) == .seconds(30))
        // Nothing more is admitted: it grows.
        #expect(age.note(isEmpty: false, newest: nil, at: start + .seconds(60)) == .seconds(90))
        // A retry of something older says nothing.
        #expect(age.note(isEmpty: false, newest: start - .seconds(900), at: start + .seconds(60)) == .seconds(90))
        #expect(age.note(isEmpty: false, newest: start + .seconds(50), at: start + .seconds(70)) == .seconds(20))
    }

    @Test func aProducerWhoseClockIsAheadMakesNoNegativeAge() {
        var age = AgeBound()
        #expect(age.note(isEmpty: false, newest: start + .seconds(3600), at: start) == .zero)
        #expect(age.note(isEmpty: false, newest: nil, at: start + .seconds(10)) == .seconds(10))
    }
}

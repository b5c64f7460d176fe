import Testing

@testable import AMQP

/// Whom `wake` reaches.
@Suite struct WakingTests {
    @Test("It reaches everybody who waits, and nobody who comes later")
    func everybody() {
        var state = ConsumerState(lanes: [])
        state.waiting = 2
        let since = state.wakes
        var woken = [state.isWoken(since: since)]
        state.wake()
        woken += [since, since, nil, state.wakes].map { state.isWoken(since: $0) }
        #expect(woken == [false, true, true, false, false])
    }

    @Test("It reaches the next one, and only that one, when nobody waits")
    func next() {
        var state = ConsumerState(lanes: [])
        state.wake()
        let woken = (1...2).map { _ in state.isWoken(since: nil) }
        #expect(woken == [true, false])
    }
}

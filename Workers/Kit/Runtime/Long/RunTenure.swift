import AMQP

/// Until when this process holds a run, for whatever works for it outside: that must have ended by then, also when the
/// process is frozen and cannot tell it.
///
/// By the clock that goes on while the machine sleeps, taken before each request to the database was sent: nobody can
/// have begun before.
final class RunTenure: Sendable {
    private struct State {
        var until: ContinuousClock.Instant
        var followers: [@Sendable (ContinuousClock.Instant) -> Void] = []
    }

    private let state: Monitor<State>
    private let length: Duration

    /// - Parameter lease: how long a claim lasts; a part of it is left for what works to end.
    init(claimed: ContinuousClock.Instant, lease: Duration) {
        length = RunState.valid(lease)
        state = Monitor(State(until: claimed + length))
    }

    var until: ContinuousClock.Instant { state.withLock { $0.until } }

    /// The lease was renewed by a request that was sent then.
    func renewed(_ sentAt: ContinuousClock.Instant) {
        let (until, followers) = state.withLock { state in
            state.until = max(state.until, sentAt + length)
            return (state.until, state.followers)
        }
        for follower in followers { follower(until) }
    }

    func follow(_ follower: @escaping @Sendable (ContinuousClock.Instant) -> Void) {
        let until = state.withLock { state in
            state.followers.append(follower)
            return state.until
        }
        follower(until)
    }
}

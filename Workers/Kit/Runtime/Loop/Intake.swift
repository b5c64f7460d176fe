import AMQP

/// What a process consumes, which its loops decide together: the queues it serves, but for those that operators hold
/// back and those of long commands while no slot is free, and none while one of its loops cannot work.
final class Intake: Sendable {
    private struct State {
        /// Loops that take nothing new.
        var resting: Set<Int> = []
        /// What operators hold back; `nil` until that is known, and nothing is consumed before.
        var heldBack: Set<String>?
        var isReadAt = Monotonic.distantPast
        /// Readings that have begun, and the one that `heldBack` is of.
        var readings = 0
        var applied = 0
        /// Whether no slot is free for another long command.
        var isFull = false
    }

    private let queues: [String]
    /// The queues of long commands, and whether there is a slot for another.
    private let long: Set<String>
    private let hasSlot: @Sendable () -> Bool
    private let consumer: Consumer
    private let vigil: Vigil
    // The thread sanitizer sees what it orders, and does not see it of a `Mutex`.
    private let state = Monitor(State())

    /// Consumes nothing yet.
    ///
    /// - Parameters:
    ///   - long: the queues of long commands, from which nothing is taken while `hasSlot` says no.
    ///   - hasSlot: asked by ``review()``.
    init(
        _ queues: [String], long: Set<String> = [], hasSlot: @escaping @Sendable () -> Bool = { true },
        of consumer: Consumer, watchedBy vigil: Vigil
    ) {
        self.queues = queues
        self.long = long
        self.hasSlot = hasSlot
        self.consumer = consumer
        self.vigil = vigil
        state.withLock { apply($0) }
    }

    /// Begins to read what operators hold back, every two seconds, for one loop. Returns the number of the reading;
    /// `nil` when it is not time.
    func begin(now: Monotonic = .now) -> Int? {
        state.withLock { state in
            guard now - state.isReadAt > .seconds(2) else { return nil }
            state.isReadAt = now
            state.readings += 1
            return state.readings
        }
    }

    /// Holds back these queues and no other, as a reading says, unless a later one has been heard already. Returns
    /// which are held back now and were not, and the reverse.
    func hold(back wanted: Set<String>, as reading: Int) -> (paused: Set<String>, resumed: Set<String>) {
        let change = state.withLock { state in
            let before = state.heldBack ?? []
            guard reading > state.applied else { return (paused: Set<String>(), resumed: Set<String>()) }
            state.applied = reading
            guard state.heldBack != wanted else { return (paused: Set<String>(), resumed: Set<String>()) }
            state.heldBack = wanted
            apply(state)
            return (wanted.subtracting(before), before.subtracting(wanted))
        }
        vigil.begin()
        return change
    }

    /// Takes nothing new while this loop cannot work; what was delivered is kept.
    func pause(loop: Int) {
        state.withLock { state in
            guard state.resting.insert(loop).inserted else { return }
            apply(state)
        }
    }

    /// This loop can work again.
    func resume(loop: Int) {
        state.withLock { state in
            guard state.resting.remove(loop) != nil else { return }
            apply(state)
        }
    }

    /// A slot for long commands was taken, or is free again.
    func review() {
        state.withLock { state in
            let isFull = !hasSlot()
            guard state.isFull != isFull else { return }
            state.isFull = isFull
            apply(state)
        }
    }

    private func apply(_ state: State) {
        let wanted =
            state.resting.isEmpty
            ? state.heldBack.map { held in
                queues.filter { !held.contains($0) && !(state.isFull && long.contains($0)) }
            } ?? [] : []
        vigil.want(wanted)
        for queue in queues {
            if wanted.contains(queue) { consumer.resume(queue: queue) } else { consumer.pause(queue: queue) }
        }
    }
}

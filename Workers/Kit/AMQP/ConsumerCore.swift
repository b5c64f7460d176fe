import Glibc

/// What the consumer's thread shares with the threads that take and settle.
final class ConsumerCore: SettlementSink {
    let uri: AMQPURI
    let name: String
    let queues: [String]
    let prefetch: Int
    let bodyLimit: Int
    let byteLimit: Int
    let renewal: Duration
    let onEvent: @Sendable (AMQPEvent) -> Void
    let signal = WakeSignal()
    #if FAULTS
    /// The connection there is.
    let link = Monitor<Watch?>(nil)
    #endif
    private let shared: Monitor<ConsumerState>

    init(
        uri: AMQPURI, name: String, queues: [String], prefetch: Int, bodyLimit: Int, byteLimit: Int,
        renewal: Duration,
        onEvent: @escaping @Sendable (AMQPEvent) -> Void
    ) {
        self.uri = uri
        self.name = name
        self.queues = queues
        self.prefetch = prefetch
        self.bodyLimit = bodyLimit
        self.byteLimit = byteLimit
        self.renewal = renewal
        self.onEvent = onEvent
        shared = Monitor(ConsumerState(lanes: queues.map { _ in ConsumerState.Lane() }))
    }

    // MARK: Any thread

    func start() {
        let mustStart = shared.withLock { state in
            guard state.life == .fresh else { return false }
            state.life = .running
            return true
        }
        if mustStart {
            PosixThread.start(name: "amqp-\(name)") {
                var loop = ConsumerLoop(self)
                loop.run()
            }
        }
    }

    func take(upTo limit: Int, bytes: Int, waitingUpTo duration: Duration) -> [Delivery]? {
        var waitsSince: UInt64?
        var mustPassOn = false
        let taken: [Delivery]?? = shared.wait(upTo: duration) { state in
            let items: [Delivery]?
            if state.isWoken(since: waitsSince) {
                items = nil
            } else if let found = state.take(upTo: limit, bytes: bytes) {
                items = found
            } else if state.life == .ended {
                items = nil
            } else {
                if waitsSince == nil {
                    waitsSince = state.wakes
                    state.waiting += 1
                }
                return nil
            }
            if waitsSince != nil { state.waiting -= 1 }
            mustPassOn = items != nil && state.waiting > 0 && state.lanes.contains { $0.buffer.count > 0 }
            return .some(items)
        }
        // The time is over.
        if taken == nil, waitsSince != nil { shared.withLock { $0.waiting -= 1 } }
        if mustPassOn { shared.signal() }
        return taken ?? nil
    }

    func wake() {
        shared.withLock { $0.wake() }
        shared.broadcast()
    }

    func want(_ isWanted: Bool, queue: String?) {
        shared.withLock { state in
            for index in queues.indices where queue == nil || queues[index] == queue {
                state.lanes[index].isWanted = isWanted
            }
            state.hasNews = true
        }
        signal.raise()
    }

    func returnUndelivered() {
        shared.withLock { $0.returnUndelivered() }
        signal.raise()
    }

    func settle(_ deliveries: [Delivery], _ choice: SettlementChoice) {
        let storage = deliveries[0].storage
        let batch = SettlementBatch(
            lane: Int(storage.channel) - 1, epoch: storage.epoch, deliveries: deliveries, choice: choice)
        let (isStale, mustSignal) = shared.withLock { state in
            if state.accept(batch) {
                defer { state.isAsleep = false }
                return (false, state.isAsleep)
            }
            state.status.staleSettlements += batch.count
            return (true, false)
        }
        if mustSignal { signal.raise() }
        if isStale { onEvent(.staleSettlements(count: batch.count)) }
    }

    func dropped(_ deliveries: [Delivery]) {
        settle(deliveries, .all(.requeue))
        onEvent(.unsettledBatch(count: deliveries.count))
    }

    var status: ConsumerStatus {
        shared.withLock { state in
            var status = state.status
            status.held = state.lanes.reduce(0) { $0 + $1.unsettled }
            status.waiting = state.lanes.reduce(0) { $0 + $1.buffer.count }
            status.consuming = queues.indices.filter { state.lanes[$0].isConsuming }.map { queues[$0] }
            status.silence = status.lastFrameAt.map { MonotonicClock.now - $0 }
            status.standstill = status.roundAt.map { MonotonicClock.now - $0 }
            return status
        }
    }

    var unsettled: [String: Int] {
        shared.withLock { state in
            Dictionary(zip(queues, state.lanes.map(\.unsettled)), uniquingKeysWith: +)
        }
    }

    func requestStop(within limit: Duration) {
        shared.withLock { state in
            if state.life == .fresh { state.life = .ended }
            let deadline = MonotonicClock.now + limit
            state.stopBy = min(state.stopBy ?? deadline, deadline)
            state.hasNews = true
        }
        signal.raise()
    }

    func close(within limit: Duration) {
        requestStop(within: limit)
        _ = shared.wait(upTo: limit + .seconds(1)) { $0.life == .ended ? true : nil }
        shared.withLock { $0.life = .ended }
        shared.broadcast()
    }

    // MARK: The consumer's thread

    /// Hands over deliveries and fetches what was asked for: one lock a round.
    func exchange(_ fresh: inout [[Delivery]], lastFrameAt: Duration) -> ConsumerOrders {
        var isNew = false
        let orders = shared.withLock { state in
            for index in fresh.indices where !fresh[index].isEmpty {
                isNew = true
                state.lanes[index].unsettled += fresh[index].count
                state.lanes[index].weight += fresh[index].reduce(0) { $0 + $1.storage.weight }
                state.lanes[index].buffer.append(&fresh[index])
            }
            if state.stopBy != nil { state.returnUndelivered() }
            state.status.lastFrameAt = lastFrameAt
            state.status.roundAt = MonotonicClock.now
            state.isAsleep = false
            state.hasNews = false
            let orders = ConsumerOrders(
                settlements: state.settlements, isWanted: state.lanes.map(\.isWanted), stopBy: state.stopBy,
                room: byteLimit - state.weight)
            state.settlements = []
            return orders
        }
        // One thread takes what there is, and wakes the next if it leaves something.
        if isNew { orders.stopBy == nil ? shared.signal() : shared.broadcast() }
        return orders
    }

    /// Whether the thread may sleep; from now on a settlement raises the signal.
    func fallAsleep() -> Bool {
        shared.withLock { state in
            state.isAsleep = state.settlements.isEmpty && !state.hasNews
            return state.isAsleep
        }
    }

    func connected(_ broker: Broker) {
        shared.withLock { state in
            state.status.connected = true
            state.status.roundAt = MonotonicClock.now
            state.status.epoch += 1
            state.status.reconnects = Int(state.status.epoch) - 1
            state.status.broker = broker
        }
        onEvent(.connected(broker))
    }

    func disconnected() {
        shared.withLock { state in
            state.status.connected = false
            state.status.blocked = nil
            for index in state.lanes.indices { state.lanes[index].begin(epoch: 0) }
        }
    }

    /// A lane's channel began with a new epoch, or ended (epoch 0): what was delivered before is void.
    func began(lane: Int, epoch: UInt64) { shared.withLock { $0.lanes[lane].begin(epoch: epoch) } }

    func setConsuming(_ isConsuming: Bool, lane: Int) {
        shared.withLock { $0.lanes[lane].isConsuming = isConsuming }
    }

    func setBlocked(_ reason: String?) { shared.withLock { $0.status.blocked = reason } }

    func stale(_ count: Int) {
        shared.withLock { $0.status.staleSettlements += count }
        onEvent(.staleSettlements(count: count))
    }

    #if FAULTS
    /// Whether every settlement so far has been handed to the socket.
    var hasSettled: Bool { shared.withLock { $0.isAsleep && $0.settlements.isEmpty } }
    #endif

    var stopBy: Duration? { shared.withLock { $0.stopBy } }

    func ended() {
        shared.withLock { $0.life = .ended }
        shared.broadcast()
    }
}

/// What the thread is asked to do.
struct ConsumerOrders {
    let settlements: [SettlementBatch]
    let isWanted: [Bool]
    let stopBy: Duration?
    /// How many bytes may still be read.
    let room: Int
}

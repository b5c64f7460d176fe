import Glibc

/// What the publisher's thread shares with the threads that publish and read reports.
final class PublisherCore: Sendable {
    struct State {
        enum Life { case fresh, running, ended }

        var life = Life.fresh
        var queued: [OutgoingMessage] = []
        var reports: [PublishReport] = []
        var stopBy: Duration?
        var isAsleep = false
        var isAvailable = false
        var status = PublisherStatus()
        var onReports: (@Sendable () -> Void)?
    }

    let uri: AMQPURI
    let name: String
    let window: Int
    let whenUnavailable: Publisher.WhenUnavailable
    let patience: Publisher.Patience
    let onEvent: @Sendable (AMQPEvent) -> Void
    let onConfirm: (@Sendable (Duration) -> Void)?
    let signal = WakeSignal()
    #if FAULTS
    /// The connection there is.
    let link = Monitor<Watch?>(nil)
    #endif
    private let shared: Monitor<State>

    init(
        uri: AMQPURI, name: String, window: Int, whenUnavailable: Publisher.WhenUnavailable,
        patience: Publisher.Patience, onEvent: @escaping @Sendable (AMQPEvent) -> Void,
        onReports: (@Sendable () -> Void)?,
        onConfirm: (@Sendable (Duration) -> Void)? = nil
    ) {
        self.uri = uri
        self.name = name
        self.window = window
        self.whenUnavailable = whenUnavailable
        self.patience = patience
        self.onEvent = onEvent
        self.onConfirm = onConfirm
        var state = State()
        state.onReports = onReports
        shared = Monitor(state)
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
                var loop = PublisherLoop(self)
                loop.run()
            }
        }
    }

    func publish(_ messages: [OutgoingMessage]) {
        if messages.isEmpty { return }
        let (mustSignal, callback) = shared.withLock { state -> (Bool, (@Sendable () -> Void)?) in
            let isClosed = state.life == .ended || state.stopBy != nil
            if isClosed || (whenUnavailable == .giveUp && !state.isAvailable) {
                for message in messages {
                    state.reports.append(PublishReport(token: message.token, outcome: .unknown))
                }
                return (false, state.onReports ?? {})
            }
            state.status.backlog += messages.count
            if state.queued.isEmpty { state.queued = messages } else { state.queued.append(contentsOf: messages) }
            defer { state.isAsleep = false }
            return (state.isAsleep, nil)
        }
        if mustSignal { signal.raise() }
        if let callback {
            shared.broadcast()
            callback()
        }
    }

    func drainReports(upTo limit: Duration) -> [PublishReport] {
        shared.wait(upTo: limit) { state -> [PublishReport]? in
            if state.reports.isEmpty { return state.life == .ended ? [] : nil }
            defer { state.reports = [] }
            return state.reports
        } ?? []
    }

    var onReports: (@Sendable () -> Void)? {
        get { shared.withLock { $0.onReports } }
        set { shared.withLock { $0.onReports = newValue } }
    }

    var status: PublisherStatus {
        var status = shared.withLock { $0.status }
        status.silence = status.lastFrameAt.map { MonotonicClock.now - $0 }
        status.standstill = status.roundAt.map { MonotonicClock.now - $0 }
        return status
    }

    func requestStop(within limit: Duration) {
        shared.withLock { state in
            if state.life == .fresh { Self.end(&state) }
            let deadline = MonotonicClock.now + limit
            state.stopBy = min(state.stopBy ?? deadline, deadline)
            state.isAsleep = false
        }
        signal.raise()
    }

    func close(within limit: Duration) {
        requestStop(within: limit)
        _ = shared.wait(upTo: limit + .seconds(1)) { $0.life == .ended ? true : nil }
        shared.broadcast()
    }

    private static func end(_ state: inout State) {
        for message in state.queued { state.reports.append(PublishReport(token: message.token, outcome: .unknown)) }
        state.status.backlog -= state.queued.count
        state.queued = []
        state.isAvailable = false
        state.life = .ended
    }

    // MARK: The publisher's thread

    /// Hands over reports and fetches messages: one lock a round.
    func exchange(
        _ reports: inout [PublishReport], unconfirmed: Int, lastFrameAt: Duration?
    ) -> (messages: [OutgoingMessage], stopBy: Duration?) {
        let (messages, stopBy, callback) = shared.withLock { state in
            state.isAsleep = false
            state.status.unconfirmed = unconfirmed
            if let lastFrameAt { state.status.lastFrameAt = lastFrameAt }
            state.status.roundAt = MonotonicClock.now
            state.status.backlog -= reports.count
            if state.reports.isEmpty { swap(&state.reports, &reports) } else { state.reports += reports }
            let messages = state.queued
            state.queued = []
            return (messages, state.stopBy, state.reports.isEmpty ? nil : state.onReports ?? {})
        }
        // Reports that were there already were announced then; announcing them again does no harm.
        reports.removeAll(keepingCapacity: true)
        if let callback {
            shared.broadcast()
            callback()
        }
        return (messages, stopBy)
    }

    /// Whether the thread may sleep; from now on `publish` raises the signal.
    func fallAsleep(knownStop: Duration?) -> Bool {
        shared.withLock { state in
            state.isAsleep = state.queued.isEmpty && state.stopBy == knownStop
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
            state.isAvailable = true
        }
        onEvent(.connected(broker))
    }

    func disconnected() {
        shared.withLock { state in
            state.status.connected = false
            state.status.blocked = nil
            state.isAvailable = false
        }
    }

    func setBlocked(_ reason: String?) {
        shared.withLock { state in
            state.status.blocked = reason
            state.isAvailable = reason == nil
        }
    }

    var stopBy: Duration? { shared.withLock { $0.stopBy } }

    func ended() {
        let callback = shared.withLock { state in
            Self.end(&state)
            return state.reports.isEmpty ? nil : state.onReports
        }
        shared.broadcast()
        callback?()
    }
}

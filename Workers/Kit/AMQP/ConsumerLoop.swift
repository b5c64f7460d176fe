import CRabbitMQ
import Glibc

/// The consumer's thread: connect, serve, connect again.
struct ConsumerLoop {
    private let core: ConsumerCore
    private var subscriptions: [Subscription]
    private var trackers: [SettlementTracker]
    private var epochs: [UInt64]
    private var fresh: [[Delivery]]
    private var nextEpoch: UInt64 = 0
    private var plan: ReconnectPlan
    private let tag: String

    init(_ core: ConsumerCore) {
        self.core = core
        subscriptions = core.queues.map { _ in Subscription(patience: core.renewal) }
        trackers = core.queues.map { _ in SettlementTracker() }
        epochs = core.queues.map { _ in 0 }
        fresh = core.queues.map { _ in [] }
        plan = ReconnectPlan(hosts: core.uri.hosts.count, start: Int.random(in: 0..<core.uri.hosts.count))
        tag = core.name.utf8.count <= WireLimits.shortString ? core.name : "ruche"
    }

    mutating func run() {
        while core.stopBy == nil {
            let delay = session()
            let until = MonotonicClock.now + delay
            while core.stopBy == nil, MonotonicClock.now < until {
                core.signal.wait(upTo: until - MonotonicClock.now)
            }
        }
        core.ended()
    }

    /// One connection, from its beginning to its end.
    /// - Returns: how long to wait before the next.
    private mutating func session() -> Duration {
        let link: Link
        do throws(AMQPError) {
            link = try Link(
                core.uri, host: core.uri.hosts[plan.host], name: core.name, bodyLimit: core.bodyLimit)
        } catch {
            core.onEvent(.disconnected(error))
            return plan.failed(random: .random(in: 0..<1))
        }
        let start = MonotonicClock.now
        #if FAULTS
        core.link.withLock { $0 = link.watch }
        #endif
        core.connected(link.broker)
        var failure: AMQPError?
        do throws(AMQPError) { try serve(link) } catch { failure = error }
        core.disconnected()
        for index in subscriptions.indices {
            subscriptions[index].connectionLost()
            trackers[index] = SettlementTracker()
            epochs[index] = 0
            fresh[index] = []
        }
        guard let failure else { return .zero }
        if link.watch.hasFired { core.onEvent(.stuck) }
        core.onEvent(.disconnected(failure))
        return plan.ended(after: MonotonicClock.now - start, random: .random(in: 0..<1))
    }

    /// Serves the connection until the consumer is closed.
    private mutating func serve(_ link: Link) throws(AMQPError) {
        let most = 512
        var room = core.byteLimit
        while true {
            link.watch.enter()
            var count = 0
            while count < most, room > 0, let inbound = try link.next() {
                room -= take(inbound)
                count += 1
            }
            if room <= 0 { try link.keepAlive() }
            let orders = core.exchange(&fresh, lastFrameAt: link.lastFrameAt)
            apply(orders.settlements)
            room = orders.room
            let now = MonotonicClock.now
            for index in subscriptions.indices {
                subscriptions[index].wanted = orders.isWanted[index] && orders.stopBy == nil
                let isIdle = trackers[index].unsettled == 0
                if let action = subscriptions[index].step(now: now, isIdle: isIdle) {
                    try perform(action, lane: index, link)
                }
            }
            try flush(link)
            if let deadline = orders.stopBy, isDone || now >= deadline {
                link.close(channels: openChannels, within: min(max(deadline - now, .milliseconds(200)), .seconds(2)))
                return
            }
            if count < most, core.fallAsleep() {
                link.sleep(
                    upTo: rest(now: now, deadline: orders.stopBy), signal: core.signal, readable: room > 0)
            }
        }
    }

    private var isDone: Bool {
        subscriptions.allSatisfy(\.isQuiet) && trackers.allSatisfy { $0.unsettled == 0 }
    }

    private var openChannels: [UInt16] {
        subscriptions.indices.filter { subscriptions[$0].isOpen }.map { UInt16($0 + 1) }
    }

    private func rest(now: Duration, deadline: Duration?) -> Duration {
        var wake = now + .seconds(5)
        for subscription in subscriptions { if let due = subscription.due { wake = min(wake, due) } }
        if let deadline { wake = min(wake, deadline) }
        return max(wake - now, .milliseconds(1))
    }

    private mutating func apply(_ settlements: [SettlementBatch]) {
        for batch in settlements {
            if batch.epoch == epochs[batch.lane] {
                batch.apply(to: &trackers[batch.lane])
            } else {
                core.stale(batch.count)
            }
        }
    }

    private mutating func flush(_ link: Link) throws(AMQPError) {
        for index in trackers.indices {
            let actions = trackers[index].flush()
            if actions.isEmpty { continue }
            if actions.count > 1 { link.cork(true) }
            for (sent, action) in actions.enumerated() {
                try link.settle(action, on: UInt16(index + 1))
                if sent & 63 == 63 { link.watch.enter() }
            }
            if actions.count > 1 { link.cork(false) }
        }
    }

    private mutating func perform(_ action: Subscription.Action, lane: Int, _ link: Link) throws(AMQPError) {
        let channel = UInt16(lane + 1)
        switch action {
        case .open:
            nextEpoch += 1
            epochs[lane] = nextEpoch
            trackers[lane] = SettlementTracker()
            link.assembler.label(channel, queue: core.queues[lane], epoch: nextEpoch)
            core.began(lane: lane, epoch: nextEpoch)
            try link.openChannel(channel)
            try link.setPrefetch(core.prefetch, on: channel)
            try link.consume(core.queues[lane], tag: tag, on: channel)
        case .consume: try link.consume(core.queues[lane], tag: tag, on: channel)
        case .cancel: try link.cancel(tag, on: channel)
        case .close:
            void(lane)
            try link.closeChannel(channel)
        }
    }

    /// Returns what it takes in memory.
    private mutating func take(_ inbound: Inbound) -> Int {
        switch inbound {
        case .delivery(let delivery):
            let lane = Int(delivery.storage.channel) - 1
            // What still comes on a channel that was given up is void: the broker requeues it.
            guard trackers.indices.contains(lane), delivery.storage.epoch == epochs[lane] else { return 0 }
            subscriptions[lane].delivered()
            trackers[lane].delivered(delivery.storage.tag)
            fresh[lane].append(delivery)
            return delivery.storage.weight
        case .reply(let channel, let reply): replied(reply.method, lane: Int(channel) - 1)
        case .consumerCancelled(let channel, _):
            let lane = Int(channel) - 1
            guard subscriptions.indices.contains(lane) else { return 0 }
            subscriptions[lane].cancelledByBroker()
            void(lane)
            core.onEvent(.consumerCancelled(queue: core.queues[lane]))
        case .channelClosed(let channel, let error, _):
            let lane = Int(channel) - 1
            guard subscriptions.indices.contains(lane) else { return 0 }
            subscriptions[lane].channelClosed(now: MonotonicClock.now, random: .random(in: 0..<1))
            void(lane)
            core.onEvent(.channelClosed(queue: core.queues[lane], error))
        case .blocked(let reason):
            core.setBlocked(reason)
            core.onEvent(.blocked(reason: reason))
        case .unblocked:
            core.setBlocked(nil)
            core.onEvent(.unblocked)
        case .returned, .answered: break
        }
        return 0
    }

    /// The lane's channel is over: what was delivered on it can be settled no more.
    private mutating func void(_ lane: Int) {
        trackers[lane] = SettlementTracker()
        epochs[lane] = 0
        fresh[lane] = []
        core.began(lane: lane, epoch: 0)
    }

    private mutating func replied(_ method: UInt32, lane: Int) {
        guard subscriptions.indices.contains(lane) else { return }
        switch method {
        case AMQP_BASIC_CONSUME_OK_METHOD:
            subscriptions[lane].started(now: MonotonicClock.now)
            core.setConsuming(true, lane: lane)
            core.onEvent(.consuming(queue: core.queues[lane]))
        case AMQP_BASIC_CANCEL_OK_METHOD:
            subscriptions[lane].cancelled()
            core.setConsuming(false, lane: lane)
        case AMQP_CHANNEL_CLOSE_OK_METHOD:
            subscriptions[lane].closed(now: MonotonicClock.now, random: .random(in: 0..<1))
        default: break
        }
    }
}

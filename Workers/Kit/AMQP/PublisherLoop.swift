import CRabbitMQ
import Glibc

/// The publisher's thread: connect, publish, match answers, connect again.
struct PublisherLoop {
    private static let channel: UInt16 = 1
    /// How much is sent between two looks at the socket. Less than what a writable socket takes without blocking.
    private static let chunk = 65_536

    private let core: PublisherCore
    private var tracker: ConfirmTracker
    private var waiting = MessageBuffer()
    private var reports: [PublishReport] = []
    private var timer = ConfirmTimer()
    private var patience: ConfirmPatience
    private var renewal: ChannelRenewal
    private var plan: ReconnectPlan
    private var isBlocked = false
    private var mustReopen = false

    init(_ core: PublisherCore) {
        self.core = core
        tracker = ConfirmTracker(window: core.window)
        patience = ConfirmPatience(limit: core.patience.confirm)
        renewal = ChannelRenewal(patience: core.patience.refusal)
        plan = ReconnectPlan(hosts: core.uri.hosts.count, start: Int.random(in: 0..<core.uri.hosts.count))
    }

    mutating func run() {
        var isOver = false
        while !isOver {
            let delay = session(&isOver)
            let until = MonotonicClock.now + delay
            while !isOver, MonotonicClock.now < until {
                isOver = settleWhileAway()
                if isOver { break }
                if core.fallAsleep(knownStop: core.stopBy) {
                    let stop = core.stopBy ?? until
                    core.signal.wait(upTo: min(until, stop) - MonotonicClock.now)
                }
            }
        }
        for message in waiting.removeAll() {
            reports.append(PublishReport(token: message.token, outcome: .unknown))
        }
        _ = core.exchange(&reports, unconfirmed: 0, lastFrameAt: nil)
        core.ended()
    }

    /// Fetches and, if so asked, gives up messages while there is no connection.
    /// - Returns: whether the publisher is closed and has nothing to wait for.
    private mutating func settleWhileAway() -> Bool {
        var stopBy = fetch(lastFrameAt: nil)
        if core.whenUnavailable == .giveUp {
            giveUp()
            stopBy = fetch(lastFrameAt: nil)
        }
        guard let stopBy else { return false }
        return waiting.isEmpty || MonotonicClock.now >= stopBy
    }

    private mutating func fetch(lastFrameAt: Duration?) -> Duration? {
        let (messages, stopBy) = core.exchange(
            &reports, unconfirmed: tracker.unconfirmed, lastFrameAt: lastFrameAt)
        waiting.append(messages)
        return stopBy
    }

    private mutating func giveUp() {
        for message in waiting.removeAll() {
            reports.append(PublishReport(token: message.token, outcome: .unknown))
        }
    }

    /// One connection, from its beginning to its end.
    /// - Returns: how long to wait before the next.
    private mutating func session(_ isOver: inout Bool) -> Duration {
        if settleWhileAway() {
            isOver = true
            return .zero
        }
        let link: Link
        do throws(AMQPError) {
            link = try Link(core.uri, host: core.uri.hosts[plan.host], name: core.name)
            try open(link)
        } catch {
            core.onEvent(.disconnected(error))
            return plan.failed(random: .random(in: 0..<1))
        }
        let start = MonotonicClock.now
        isBlocked = false
        #if FAULTS
        core.link.withLock { $0 = link.watch }
        #endif
        core.connected(link.broker)
        var failure: AMQPError?
        do throws(AMQPError) { try serve(link) } catch { failure = error }
        core.disconnected()
        lost(failure)
        guard let failure else {
            isOver = true
            return .zero
        }
        if link.watch.hasFired { core.onEvent(.stuck) }
        core.onEvent(.disconnected(failure))
        return plan.ended(after: MonotonicClock.now - start, random: .random(in: 0..<1))
    }

    private mutating func open(_ link: Link) throws(AMQPError) {
        timer = ConfirmTimer()
        patience.begin()
        try link.openChannel(Self.channel)
        _ = try link.reply(on: Self.channel, within: core.uri.connectionTimeout)
        try link.selectConfirms(Self.channel)
        _ = try link.reply(on: Self.channel, within: core.uri.connectionTimeout)
        renewal.opened(at: MonotonicClock.now)
    }

    /// Nothing is in flight: changes the channel for a new one.
    private mutating func renew(_ link: Link) throws(AMQPError) {
        try link.closeChannel(Self.channel)
        _ = try link.reply(on: Self.channel, within: core.uri.connectionTimeout)
        _ = tracker.lost(into: &reports)
        try open(link)
        core.onEvent(.channelRenewed)
    }

    /// The connection ended: what was not answered is published again or reported.
    private mutating func lost(_ failure: AMQPError?) {
        // Codes by which a broker refuses what it was sent, rather than the connection as such.
        let blames: Set<UInt16> = [501, 502, 503, 505]
        if let code = failure?.replyCode, blames.contains(code) {
            waiting.prepend(tracker.refused(replyCode: code, text: failure?.message ?? "", into: &reports))
        } else if core.whenUnavailable == .hold, failure != nil {
            waiting.prepend(tracker.lost(into: &reports))
        } else {
            for message in tracker.lost(into: &reports) {
                reports.append(PublishReport(token: message.token, outcome: .unknown))
            }
        }
    }

    /// Serves the connection until the publisher is closed.
    private mutating func serve(_ link: Link) throws(AMQPError) {
        while true {
            link.watch.enter()
            while let inbound = try link.next() { try take(inbound) }
            if mustReopen {
                mustReopen = false
                try open(link)
            }
            if isBlocked, core.whenUnavailable == .giveUp { giveUp() }
            let stopBy = fetch(lastFrameAt: link.lastFrameAt)
            let now = MonotonicClock.now
            if patience.isOver(oldest: isBlocked ? nil : tracker.oldest, at: now) {
                throw AMQPError(.timeout, "the broker does not confirm what was published")
            }
            if let stopBy, now >= stopBy || (waiting.isEmpty && tracker.unconfirmed == 0) {
                let limit = min(max(stopBy - now, .milliseconds(200)), .seconds(2))
                link.close(channels: tracker.unconfirmed == 0 ? [Self.channel] : [], within: limit)
                return
            }
            let step = isBlocked ? .none : renewal.step(unconfirmed: tracker.unconfirmed, at: now)
            switch step {
            case .none, .drain: break
            case .renew: try renew(link)
            case .abandon: throw AMQPError(.timeout, "the broker refuses messages, and is slow to")
            }
            let isFull = step == .drain ? false : try sendWhatFits(link)
            // Asking again at once finds the first confirms; an empty round sleeps.
            if reports.isEmpty, core.fallAsleep(knownStop: stopBy) {
                // What must not wait for long is looked at often: a drain ends with an answer, or after its limit.
                let rest = stopBy.map { max($0 - now, .milliseconds(1)) } ?? .seconds(step == .drain ? 1 : 5)
                link.sleep(upTo: rest, signal: core.signal, writable: isFull)
            }
        }
    }

    /// Publishes while the window and the socket have room.
    /// - Returns: whether only the socket had none.
    private mutating func sendWhatFits(_ link: Link) throws(AMQPError) -> Bool {
        guard !isBlocked, !waiting.isEmpty, tracker.room > 0 else { return false }
        var isFull = false
        let isCorked = waiting.count > 1
        if isCorked { link.cork(true) }
        while !waiting.isEmpty, tracker.room > 0 {
            // What was answered has left the socket.
            guard tracker.unconfirmed == 0 || link.isWritable else {
                isFull = true
                break
            }
            link.watch.enter()
            var sent = 0
            while sent < Self.chunk, tracker.room > 0, let message = waiting.popFirst() {
                if let fault = WireLimits.fault(of: message) {
                    let outcome = PublishOutcome.returned(replyCode: 501, text: fault)
                    reports.append(PublishReport(token: message.token, outcome: outcome))
                    continue
                }
                sent += message.body.count + 256
                // Also when the call fails: half of the message may be on the wire.
                var failure: AMQPError?
                do throws(AMQPError) { try link.publish(message, on: Self.channel) } catch { failure = error }
                tracker.sent(message)
                if let failure { throw failure }
            }
        }
        if isCorked { link.cork(false) }
        if core.onConfirm != nil { timer.sent(upTo: tracker.lastSequence, at: MonotonicClock.now) }
        return isFull
    }

    private mutating func take(_ inbound: Inbound) throws(AMQPError) {
        switch inbound {
        case .answered(let sequence, let multiple, let nack):
            tracker.answered(sequence, multiple: multiple, nack: nack, into: &reports)
            if nack { renewal.refused(at: MonotonicClock.now) }
            if let sent = timer.answered(sequence, multiple: multiple, nack: nack) {
                core.onConfirm?(MonotonicClock.now - sent)
            }
        case .returned(let it):
            tracker.returned(
                replyCode: it.replyCode, text: it.text, exchange: it.exchange, routingKey: it.routingKey,
                messageID: it.messageID)
        case .channelClosed(_, let error, let byPublish):
            core.onEvent(.channelClosed(queue: nil, error))
            // Nobody knows what closed it: begin anew, with the backoff of a connection.
            guard byPublish, let code = error.replyCode else { throw error }
            waiting.prepend(tracker.refused(replyCode: code, text: error.message, into: &reports))
            mustReopen = true
        case .blocked(let reason):
            isBlocked = true
            core.setBlocked(reason)
            core.onEvent(.blocked(reason: reason))
        case .unblocked:
            isBlocked = false
            core.setBlocked(nil)
            core.onEvent(.unblocked)
        case .delivery, .reply, .consumerCancelled: break
        }
    }
}

import CRabbitMQ
import Glibc

/// A synchronous connection for one thread: topology, tools, tests.
///
/// It is not `Sendable` and nothing runs in the background: heartbeats are sent inside its calls, so one of them must
/// be made at least every two heartbeats, or the broker hangs up. Calls wait for the broker's answer, at most
/// `connectionTimeout`. Publishing, topology and each consumer have channels of their own: an error of one, thrown with
/// its reply code, leaves the others and their deliveries alone, and the channel is opened again. After
/// `connectionLost` every call throws.
public final class Connection {
    static let publishing: UInt16 = 1
    static let topology: UInt16 = 2
    private static let firstConsumer: UInt16 = 3

    /// Who answered.
    public let broker: Broker

    /// Why the broker takes no messages from this connection (memory or disk alarm), as far as the calls so far have
    /// heard. It says so to who publishes. What is published meanwhile is confirmed when the alarm is over.
    public private(set) var blocked: String?

    let timeout: Duration
    private var link: Link?
    var tracker = ConfirmTracker(window: .max)
    var reports: [PublishReport] = []
    /// The open channels and what is unsettled on them.
    var channels: [UInt16: OpenChannel] = [:]
    private var nextEpoch: UInt64 = 0
    private var arrived: [Delivery] = []
    private var arrivedHead = 0
    /// Why the connection ended; thrown by every later call.
    private var end: AMQPError?
    /// An error of one channel that came while a call waited for another; thrown by the next call that reads.
    private var lateError: AMQPError?

    struct OpenChannel {
        let epoch: UInt64
        var settlements = SettlementTracker()
        var consumerTag: String?
        var noAck = false
    }

    /// Connects to the first host that answers.
    ///
    /// - Throws: the last host's error: `unreachable`, `tls`, `authenticationFailed`, `virtualHostRefused`, `timeout`.
    public static func open(_ uri: AMQPURI, name: String) throws(AMQPError) -> Connection {
        var last: AMQPError?
        for host in uri.hosts {
            do throws(AMQPError) {
                return Connection(try Link(uri, host: host, name: name), timeout: uri.connectionTimeout)
            } catch {
                // Another host of the same cluster has the same users.
                if error.code == .authenticationFailed || error.code == .virtualHostRefused { throw error }
                last = error
            }
        }
        throw last ?? AMQPError(.invalidURI, "the connection URI names no host")
    }

    private init(_ link: Link, timeout: Duration) {
        self.link = link
        self.timeout = timeout
        broker = link.broker
        link.watch.leave()
    }

    /// Closes every channel and the connection. Unsettled deliveries are requeued. Further calls throw `closed`.
    public func close() {
        link?.watch.enter()
        link?.close(channels: channels.keys.sorted(), within: .seconds(2))
        link = nil
    }

    // MARK: Inside

    /// Runs `body` with the link, watched. A lost connection stays lost.
    func withLink<Result>(_ body: (Link) throws(AMQPError) -> Result) throws(AMQPError) -> Result {
        if let end { throw end }
        guard let link else { throw AMQPError(.closed, "the connection was closed") }
        link.watch.enter()
        defer { link.watch.leave() }
        do throws(AMQPError) {
            return try body(link)
        } catch {
            if error.code == .connectionLost || error.code == .protocolViolation {
                end = error
                self.link = nil
            }
            throw error
        }
    }

    /// Sends a synchronous method and waits for its answer. A channel that the broker closes is opened again by its
    /// next use.
    func call(
        on channel: UInt16, _ send: (Link) throws(AMQPError) -> Void
    ) throws(AMQPError) -> Inbound.Reply {
        try withLink { link throws(AMQPError) in
            try ensureOpen(channel, link)
            try send(link)
            return try answer(on: channel, link)
        }
    }

    func ensureOpen(_ channel: UInt16, _ link: Link) throws(AMQPError) {
        if channels[channel] != nil { return }
        nextEpoch += 1
        link.assembler.label(channel, queue: "", epoch: nextEpoch)
        try link.openChannel(channel)
        _ = try answer(on: channel, link)
        channels[channel] = OpenChannel(epoch: nextEpoch)
        if channel == Self.publishing {
            try link.selectConfirms(channel)
            _ = try answer(on: channel, link)
        }
    }

    private func answer(on channel: UInt16, _ link: Link) throws(AMQPError) -> Inbound.Reply {
        do throws(AMQPError) {
            return try link.reply(on: channel, within: timeout) { inbound in
                do throws(AMQPError) { try self.take(inbound) } catch { self.lateError = error }
            }
        } catch {
            if error.code == .channelClosed { closed(channel) }
            throw error
        }
    }

    /// Takes everything that is here, then throws what went wrong with a channel meanwhile.
    func takeAll(_ link: Link) throws(AMQPError) {
        while let inbound = try link.next() { try take(inbound) }
        guard let error = lateError else { return }
        lateError = nil
        throw error
    }

    private func take(_ inbound: Inbound) throws(AMQPError) {
        switch inbound {
        case .delivery(let delivery):
            let channel = delivery.storage.channel
            if channels[channel]?.noAck == false { channels[channel]?.settlements.delivered(delivery.storage.tag) }
            arrived.append(delivery)
        case .answered(let sequence, let multiple, let nack):
            tracker.answered(sequence, multiple: multiple, nack: nack, into: &reports)
        case .returned(let it):
            tracker.returned(
                replyCode: it.replyCode, text: it.text, exchange: it.exchange, routingKey: it.routingKey,
                messageID: it.messageID)
        case .channelClosed(let channel, let error, _):
            closed(channel)
            throw error
        case .consumerCancelled(let channel, let tag):
            if channels[channel]?.consumerTag == tag { channels[channel]?.consumerTag = nil }
            throw AMQPError(.channelClosed, "the broker ended consumer \(tag): its queue is gone or has moved")
        case .blocked(let reason): blocked = reason
        case .unblocked: blocked = nil
        case .reply: break
        }
    }

    private func closed(_ channel: UInt16) {
        channels[channel] = nil
        arrived.removeSubrange(..<arrivedHead)
        arrivedHead = 0
        arrived.removeAll { $0.storage.channel == channel }
        guard channel == Self.publishing else { return }
        for message in tracker.lost(into: &reports) {
            reports.append(PublishReport(token: message.token, outcome: .unknown))
        }
    }

    /// The next delivery that is here already.
    func popArrived() -> Delivery? {
        guard arrivedHead < arrived.count else { return nil }
        defer {
            arrivedHead += 1
            if arrivedHead == arrived.count || arrivedHead > 1024 {
                arrived.removeFirst(arrivedHead)
                arrivedHead = 0
            }
        }
        return arrived[arrivedHead]
    }

    /// A channel without a consumer, open. Direct reply-to works on the publishing channel only.
    func channel(forConsuming queue: String, _ link: Link) throws(AMQPError) -> UInt16 {
        var channel = queue == Self.directReplyTo ? Self.publishing : Self.firstConsumer
        while queue != Self.directReplyTo, channels[channel]?.consumerTag != nil { channel += 1 }
        try ensureOpen(channel, link)
        link.assembler.label(channel, queue: queue, epoch: channels[channel]?.epoch ?? 0)
        return channel
    }
}

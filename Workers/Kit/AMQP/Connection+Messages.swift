import CRabbitMQ
import Glibc

extension Connection {
    /// The pseudo-queue whose consumer receives replies without a queue. Consume it with `noAck` and publish requests
    /// with it as `replyTo` on the same connection. The replier must not ask for returns (`mandatory`): RabbitMQ 3.10
    /// returns a direct reply although it delivers it.
    public static let directReplyTo = "amq.rabbitmq.reply-to"

    /// Publishes a message; its outcome comes with `waitForConfirms`.
    ///
    /// - Throws: `invalidArgument` when it cannot be said in AMQP; nothing was sent then.
    public func publish(_ message: OutgoingMessage) throws(AMQPError) {
        if let fault = WireLimits.fault(of: message) { throw AMQPError(.invalidArgument, fault) }
        try withLink { link throws(AMQPError) in
            try ensureOpen(Self.publishing, link)
            tracker.sent(message)
            try link.publish(message, on: Self.publishing)
        }
    }

    /// Waits until every message published is answered.
    ///
    /// - Returns: the reports since the last call. Those still open at the end of `limit` come with a later call.
    /// - Throws: `channelClosed` when the broker closed the channel because of a message (404: no such exchange); what
    ///   was not answered is reported `.unknown` by the next call.
    public func waitForConfirms(within limit: Duration) throws(AMQPError) -> [PublishReport] {
        let deadline = MonotonicClock.now + limit
        try withLink { link throws(AMQPError) in
            while true {
                try takeAll(link)
                let left = deadline - MonotonicClock.now
                if tracker.unconfirmed == 0 || left <= .zero { return }
                link.sleep(upTo: left)
            }
        }
        defer { reports = [] }
        return reports
    }

    /// Starts a consumer on a channel of its own.
    ///
    /// - Parameters:
    ///   - prefetch: the most unsettled deliveries; 0 is no limit.
    ///   - noAck: deliveries count as settled when they are sent.
    ///   - exclusive: no other consumer of the queue is allowed.
    /// - Returns: the tag to `cancel` it with.
    /// - Throws: `channelClosed` with 404 when there is no such queue, 403 when it has an exclusive consumer.
    public func consume(
        _ queue: String, prefetch: Int = 100, noAck: Bool = false, exclusive: Bool = false
    ) throws(AMQPError) -> String {
        try check(queue)
        let channel = try withLink { link throws(AMQPError) -> UInt16 in
            try self.channel(forConsuming: queue, link)
        }
        let tag = "ruche-\(channel)-\(UInt32.random(in: 0...(.max)))"
        channels[channel]?.noAck = noAck
        if prefetch > 0, !noAck {
            _ = try call(on: channel) { link throws(AMQPError) in try link.setPrefetch(prefetch, on: channel) }
        }
        channels[channel]?.consumerTag = tag
        _ = try call(on: channel) { link throws(AMQPError) in
            try link.consume(queue, tag: tag, noAck: noAck, exclusive: exclusive, on: channel)
        }
        return tag
    }

    /// The next delivery of any consumer, or `nil` when none comes in time.
    ///
    /// - Throws: `channelClosed` when the broker ended a consumer or its channel; the others go on.
    public func receive(within limit: Duration) throws(AMQPError) -> Delivery? {
        let deadline = MonotonicClock.now + limit
        return try withLink { link throws(AMQPError) in
            while true {
                try takeAll(link)
                if let delivery = popArrived() { return delivery }
                let left = deadline - MonotonicClock.now
                if left <= .zero { return nil }
                link.sleep(upTo: left)
            }
        }
    }

    /// Settles a delivery. One whose channel has ended, that was settled before, or that came without acknowledgement
    /// is left alone.
    public func settle(_ delivery: Delivery, _ settlement: Settlement) throws(AMQPError) {
        let channel = delivery.storage.channel
        guard var open = channels[channel], open.epoch == delivery.storage.epoch else { return }
        open.settlements.settle(delivery.storage.tag, settlement)
        let actions = open.settlements.flush()
        channels[channel] = open
        try withLink { link throws(AMQPError) in
            for action in actions { try link.settle(action, on: channel) }
        }
    }

    /// Ends a consumer. What has come already can still be received and settled.
    public func cancel(_ tag: String) throws(AMQPError) {
        guard let channel = channels.first(where: { $0.value.consumerTag == tag })?.key else { return }
        _ = try call(on: channel) { link throws(AMQPError) in try link.cancel(tag, on: channel) }
        channels[channel]?.consumerTag = nil
    }
}

import CRabbitMQ

extension Link {
    /// Opens a channel; the answer comes later.
    func openChannel(_ channel: UInt16) throws(AMQPError) {
        unsafe try send(AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t(), on: channel)
    }

    /// Closes a channel; the answer comes later, and deliveries may come before it.
    func closeChannel(_ channel: UInt16) throws(AMQPError) {
        unsafe try send(
            AMQP_CHANNEL_CLOSE_METHOD,
            amqp_channel_close_t(
                reply_code: UInt16(AMQP_REPLY_SUCCESS), reply_text: amqp_bytes_t(), class_id: 0, method_id: 0),
            on: channel)
    }

    /// Asks for confirms on a channel; the answer comes later.
    func selectConfirms(_ channel: UInt16) throws(AMQPError) {
        try send(AMQP_CONFIRM_SELECT_METHOD, amqp_confirm_select_t(nowait: 0), on: channel)
    }

    /// Limits each consumer of a channel to `prefetch` unsettled deliveries; the answer comes later.
    func setPrefetch(_ prefetch: Int, on channel: UInt16) throws(AMQPError) {
        let method = amqp_basic_qos_t(prefetch_size: 0, prefetch_count: UInt16(clamping: prefetch), global: 0)
        try send(AMQP_BASIC_QOS_METHOD, method, on: channel)
    }

    /// Starts a consumer; the answer comes later. An empty tag lets the broker choose.
    func consume(
        _ queue: String, tag: String, noAck: Bool = false, exclusive: Bool = false, on channel: UInt16
    ) throws(AMQPError) {
        arena.reset()
        let method = unsafe amqp_basic_consume_t(
            ticket: 0, queue: arena.bytes(queue), consumer_tag: arena.bytes(tag), no_local: 0,
            no_ack: noAck ? 1 : 0, exclusive: exclusive ? 1 : 0, nowait: 0, arguments: amqp_table_t())
        unsafe try send(AMQP_BASIC_CONSUME_METHOD, method, on: channel)
    }

    /// Ends a consumer; the answer comes later, and deliveries may come before it.
    func cancel(_ tag: String, on channel: UInt16) throws(AMQPError) {
        arena.reset()
        let method = unsafe amqp_basic_cancel_t(consumer_tag: arena.bytes(tag), nowait: 0)
        unsafe try send(AMQP_BASIC_CANCEL_METHOD, method, on: channel)
    }

    /// Settles deliveries of a channel.
    func settle(_ action: SettlementTracker.Action, on channel: UInt16) throws(AMQPError) {
        let status =
            switch action {
            case .ack(let tag, let multiple):
                unsafe amqp_basic_ack(handle.state, channel, tag, multiple ? 1 : 0)
            case .nack(let tag, let multiple, let requeue):
                unsafe amqp_basic_nack(handle.state, channel, tag, multiple ? 1 : 0, requeue ? 1 : 0)
            }
        guard status == AMQP_STATUS_OK.rawValue else { throw failure(status, "settling") }
    }

    /// Publishes a message that `WireLimits` has passed. Blocks while the socket is full.
    func publish(_ message: borrowing OutgoingMessage, on channel: UInt16) throws(AMQPError) {
        arena.reset()
        var properties = unsafe arena.properties(message.properties)
        let exchange = unsafe arena.bytes(message.exchange)
        let routingKey = unsafe arena.bytes(message.routingKey)
        let mandatory: Int32 = message.mandatory ? 1 : 0
        let status = unsafe message.body.withUnsafeBytes { body in
            // The library only reads through this pointer.
            let bytes = unsafe amqp_bytes_t(len: body.count, bytes: UnsafeMutableRawPointer(mutating: body.baseAddress))
            return unsafe amqp_basic_publish(
                handle.state, channel, exchange, routingKey, mandatory, 0, &properties, bytes)
        }
        guard status == AMQP_STATUS_OK.rawValue else { throw failure(status, "publishing") }
    }
}

import CRabbitMQ

extension Connection {
    /// Declares an exchange. Declaring it again with the same settings changes nothing.
    ///
    /// - Parameter kind: `direct`, `topic`, `fanout`, `headers`, or the kind of a plugin.
    /// - Throws: `channelClosed` with 406 when it exists with other settings, 403 when the user may not.
    public func declareExchange(
        _ name: String, kind: String, durable: Bool = true, arguments: Headers = Headers()
    ) throws(AMQPError) {
        try check(name, arguments)
        try check(kind)
        _ = try call(on: Self.topology) { link throws(AMQPError) in
            link.arena.reset()
            let method = unsafe amqp_exchange_declare_t(
                ticket: 0, exchange: link.arena.bytes(name), type: link.arena.bytes(kind), passive: 0,
                durable: durable ? 1 : 0, auto_delete: 0, internal: 0, nowait: 0,
                arguments: link.arena.table(arguments))
            unsafe try link.send(AMQP_EXCHANGE_DECLARE_METHOD, method, on: Self.topology)
        }
    }

    /// Deletes an exchange; one that does not exist is no error.
    public func deleteExchange(_ name: String) throws(AMQPError) {
        try check(name)
        _ = try call(on: Self.topology) { link throws(AMQPError) in
            link.arena.reset()
            let method = unsafe amqp_exchange_delete_t(
                ticket: 0, exchange: link.arena.bytes(name), if_unused: 0, nowait: 0)
            unsafe try link.send(AMQP_EXCHANGE_DELETE_METHOD, method, on: Self.topology)
        }
    }

    /// Declares a queue. Declaring it again with the same settings changes nothing.
    ///
    /// - Parameters:
    ///   - name: empty lets the broker choose; the name is in the result.
    ///   - exclusive: only this connection uses it, and it ends with the connection.
    ///   - arguments: such as `x-queue-type`.
    /// - Throws: `channelClosed` with 406 when it exists with other settings (the message names the argument), 405 when
    ///   it is another connection's, 403 when the user may not.
    @discardableResult
    public func declareQueue(
        _ name: String = "", durable: Bool = true, exclusive: Bool = false, autoDelete: Bool = false,
        arguments: Headers = Headers()
    ) throws(AMQPError) -> QueueInfo {
        try declareOrInspect(
            name, passive: false, durable: durable, exclusive: exclusive, autoDelete: autoDelete, arguments: arguments)
    }

    /// Looks at a queue; `nil` when there is none of that name.
    public func inspectQueue(_ name: String) throws(AMQPError) -> QueueInfo? {
        do throws(AMQPError) {
            return try declareOrInspect(
                name, passive: true, durable: false, exclusive: false, autoDelete: false, arguments: Headers())
        } catch {
            if error.replyCode == 404 { return nil }
            throw error
        }
    }

    private func declareOrInspect(
        _ name: String, passive: Bool, durable: Bool, exclusive: Bool, autoDelete: Bool, arguments: Headers
    ) throws(AMQPError) -> QueueInfo {
        try check(name, arguments)
        let reply = try call(on: Self.topology) { link throws(AMQPError) in
            link.arena.reset()
            let method = unsafe amqp_queue_declare_t(
                ticket: 0, queue: link.arena.bytes(name), passive: passive ? 1 : 0, durable: durable ? 1 : 0,
                exclusive: exclusive ? 1 : 0, auto_delete: autoDelete ? 1 : 0, nowait: 0,
                arguments: link.arena.table(arguments))
            unsafe try link.send(AMQP_QUEUE_DECLARE_METHOD, method, on: Self.topology)
        }
        return QueueInfo(name: reply.name, messages: reply.messages, consumers: reply.consumers)
    }

    /// Binds a queue to an exchange.
    ///
    /// - Throws: `channelClosed` with 404 when either does not exist.
    public func bind(
        queue: String, exchange: String, routingKey: String, arguments: Headers = Headers()
    ) throws(AMQPError) {
        try check(queue, arguments)
        try check(exchange)
        try check(routingKey)
        _ = try call(on: Self.topology) { link throws(AMQPError) in
            link.arena.reset()
            let method = unsafe amqp_queue_bind_t(
                ticket: 0, queue: link.arena.bytes(queue), exchange: link.arena.bytes(exchange),
                routing_key: link.arena.bytes(routingKey), nowait: 0, arguments: link.arena.table(arguments))
            unsafe try link.send(AMQP_QUEUE_BIND_METHOD, method, on: Self.topology)
        }
    }

    /// Takes a binding away; one that does not exist is no error.
    public func unbind(
        queue: String, exchange: String, routingKey: String, arguments: Headers = Headers()
    ) throws(AMQPError) {
        try check(queue, arguments)
        try check(exchange)
        try check(routingKey)
        _ = try call(on: Self.topology) { link throws(AMQPError) in
            link.arena.reset()
            let method = unsafe amqp_queue_unbind_t(
                ticket: 0, queue: link.arena.bytes(queue), exchange: link.arena.bytes(exchange),
                routing_key: link.arena.bytes(routingKey), arguments: link.arena.table(arguments))
            unsafe try link.send(AMQP_QUEUE_UNBIND_METHOD, method, on: Self.topology)
        }
    }

    /// Deletes a queue with its messages; one that does not exist is no error.
    /// - Returns: how many messages were lost with it.
    @discardableResult
    public func deleteQueue(_ name: String) throws(AMQPError) -> Int {
        try check(name)
        return try call(on: Self.topology) { link throws(AMQPError) in
            link.arena.reset()
            let method = unsafe amqp_queue_delete_t(
                ticket: 0, queue: link.arena.bytes(name), if_unused: 0, if_empty: 0, nowait: 0)
            unsafe try link.send(AMQP_QUEUE_DELETE_METHOD, method, on: Self.topology)
        }.messages
    }

    /// Drops the messages of a queue that are ready for delivery.
    /// - Returns: how many there were.
    @discardableResult
    public func purgeQueue(_ name: String) throws(AMQPError) -> Int {
        try check(name)
        return try call(on: Self.topology) { link throws(AMQPError) in
            link.arena.reset()
            let method = unsafe amqp_queue_purge_t(ticket: 0, queue: link.arena.bytes(name), nowait: 0)
            unsafe try link.send(AMQP_QUEUE_PURGE_METHOD, method, on: Self.topology)
        }.messages
    }

    func check(_ name: String, _ arguments: Headers = Headers()) throws(AMQPError) {
        if name.utf8.count > WireLimits.shortString {
            throw AMQPError(.invalidArgument, "a name of \(name.utf8.count) bytes does not fit; 255 do")
        }
        if WireLimits.size(of: arguments).map({ $0 > WireLimits.table }) ?? true {
            throw AMQPError(.invalidArgument, "the arguments do not fit a frame")
        }
    }
}

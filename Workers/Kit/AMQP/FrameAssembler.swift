import CRabbitMQ

/// Puts frames together: a delivery or a return is a method, a header and as many body frames as it takes, and frames
/// of other channels may come in between.
struct FrameAssembler: ~Copyable {
    private enum Head {
        case none
        case delivery(tag: UInt64, isRedelivered: Bool, exchange: String, routingKey: String)
        case returned(code: UInt16, text: String, exchange: String, routingKey: String)
    }

    private struct Channel {
        var queue = ""
        var epoch: UInt64 = 0
        var head = Head.none
        var properties = Properties()
        var body: [UInt8] = []
        var size: UInt64 = 0
        var missing: UInt64 = 0
    }

    /// How much of a body is kept, in bytes; the rest is read and dropped.
    private let bodyLimit: Int
    private var channels: [Channel] = []
    private var decoder = WireDecoder()
    private var arrivals: UInt64 = 0

    /// Keeps at most `bodyLimit` bytes of a body.
    init(bodyLimit: Int = .max) { self.bodyLimit = bodyLimit }

    /// Deliveries of this channel are from `queue` and carry `epoch` from now on.
    mutating func label(_ channel: UInt16, queue: String, epoch: UInt64) {
        makeRoom(for: channel)
        channels[Int(channel)] = Channel(queue: queue, epoch: epoch)
    }

    private mutating func makeRoom(for channel: UInt16) {
        while channels.count <= Int(channel) { channels.append(Channel()) }
    }

    /// Takes a frame.
    /// - Returns: what is complete now.
    mutating func take(_ frame: amqp_frame_t) throws(AMQPError) -> Inbound? {
        let channel = unsafe frame.channel
        makeRoom(for: channel)
        switch unsafe Int32(frame.frame_type) {
        case AMQP_FRAME_METHOD: return unsafe try method(frame.payload.method, channel)
        case AMQP_FRAME_HEADER:
            guard let raw = unsafe frame.payload.properties.decoded else { throw Self.violation("an empty header") }
            let properties = unsafe raw.assumingMemoryBound(to: amqp_basic_properties_t.self)
            return unsafe try header(decoder.properties(properties), frame.payload.properties.body_size, Int(channel))
        case AMQP_FRAME_BODY: return unsafe try body(WireDecoder.buffer(frame.payload.body_fragment), Int(channel))
        default: return nil
        }
    }

    private mutating func header(
        _ properties: Properties, _ size: UInt64, _ channel: Int
    ) throws(AMQPError) -> Inbound? {
        if case .none = channels[channel].head { throw Self.violation("a header without its method") }
        channels[channel].properties = properties
        channels[channel].size = size
        channels[channel].missing = size
        channels[channel].body = []
        return size == 0 ? finish(channel) : nil
    }

    private mutating func body(_ bytes: UnsafeRawBufferPointer, _ channel: Int) throws(AMQPError) -> Inbound? {
        let missing = channels[channel].missing
        guard UInt64(bytes.count) <= missing else { throw Self.violation("a body longer than announced") }
        let kept = unsafe UnsafeRawBufferPointer(rebasing: bytes.prefix(bodyLimit - channels[channel].body.count))
        if UInt64(bytes.count) == missing, channels[channel].body.isEmpty {
            unsafe channels[channel].body = [UInt8](kept)
        } else {
            // The announced size is a hint, not an order to allocate.
            if channels[channel].body.isEmpty {
                channels[channel].body.reserveCapacity(min(Int(clamping: missing), bodyLimit, 8_388_608))
            }
            unsafe channels[channel].body.append(contentsOf: kept)
        }
        channels[channel].missing = missing - UInt64(bytes.count)
        return channels[channel].missing == 0 ? finish(channel) : nil
    }

    private mutating func finish(_ index: Int) -> Inbound? {
        // Moved out, not copied: a copy would count a reference for each property.
        var head = Head.none
        var properties = Properties()
        var body: [UInt8] = []
        swap(&head, &channels[index].head)
        swap(&properties, &channels[index].properties)
        swap(&body, &channels[index].body)
        switch head {
        case .none: return nil
        case .delivery(let tag, let isRedelivered, let exchange, let routingKey):
            arrivals += 1
            return .delivery(
                Delivery(
                    DeliveryStorage(
                        queue: channels[index].queue, exchange: exchange, routingKey: routingKey,
                        properties: properties, body: body, bodySize: Int(clamping: channels[index].size),
                        isRedelivered: isRedelivered, tag: tag,
                        channel: UInt16(index), epoch: channels[index].epoch, arrival: arrivals)))
        case .returned(let code, let text, let exchange, let routingKey):
            return .returned(
                Inbound.Returned(
                    replyCode: code, text: text, exchange: exchange, routingKey: routingKey,
                    messageID: properties.messageID))
        }
    }

    private mutating func method(_ method: amqp_method_t, _ channel: UInt16) throws(AMQPError) -> Inbound? {
        let id = unsafe method.id
        guard let raw = unsafe method.decoded else { throw Self.violation("an empty method") }
        switch id {
        case AMQP_BASIC_DELIVER_METHOD:
            let it = unsafe raw.assumingMemoryBound(to: amqp_basic_deliver_t.self)
            unsafe channels[Int(channel)].head = .delivery(
                tag: it.pointee.delivery_tag, isRedelivered: it.pointee.redelivered != 0,
                exchange: decoder.repeated(it.pointee.exchange),
                routingKey: decoder.repeated(it.pointee.routing_key))
            return nil
        case AMQP_BASIC_ACK_METHOD:
            let it = unsafe raw.assumingMemoryBound(to: amqp_basic_ack_t.self).pointee
            return .answered(sequence: it.delivery_tag, multiple: it.multiple != 0, nack: false)
        case AMQP_BASIC_NACK_METHOD:
            let it = unsafe raw.assumingMemoryBound(to: amqp_basic_nack_t.self).pointee
            return .answered(sequence: it.delivery_tag, multiple: it.multiple != 0, nack: true)
        case AMQP_BASIC_RETURN_METHOD:
            let it = unsafe raw.assumingMemoryBound(to: amqp_basic_return_t.self)
            unsafe channels[Int(channel)].head = .returned(
                code: it.pointee.reply_code, text: WireDecoder.text(it.pointee.reply_text),
                exchange: decoder.repeated(it.pointee.exchange),
                routingKey: decoder.repeated(it.pointee.routing_key))
            return nil
        case AMQP_BASIC_CANCEL_METHOD:
            let it = unsafe raw.assumingMemoryBound(to: amqp_basic_cancel_t.self)
            return unsafe .consumerCancelled(channel: channel, tag: WireDecoder.text(it.pointee.consumer_tag))
        case AMQP_CHANNEL_CLOSE_METHOD:
            channels[Int(channel)].head = .none
            let it = unsafe raw.assumingMemoryBound(to: amqp_channel_close_t.self)
            let error = unsafe AMQPError(
                .channelClosed, WireDecoder.text(it.pointee.reply_text), replyCode: it.pointee.reply_code)
            let byPublish = unsafe it.pointee.class_id == 60 && it.pointee.method_id == 40
            return .channelClosed(channel: channel, error, byPublish: byPublish)
        case AMQP_CONNECTION_CLOSE_METHOD:
            let it = unsafe raw.assumingMemoryBound(to: amqp_connection_close_t.self)
            throw unsafe AMQPError(
                .connectionLost, WireDecoder.text(it.pointee.reply_text), replyCode: it.pointee.reply_code)
        case AMQP_CONNECTION_BLOCKED_METHOD:
            let it = unsafe raw.assumingMemoryBound(to: amqp_connection_blocked_t.self)
            return unsafe .blocked(WireDecoder.text(it.pointee.reason))
        case AMQP_CONNECTION_UNBLOCKED_METHOD: return .unblocked
        default: return unsafe .reply(channel: channel, Self.reply(id, raw))
        }
    }

    private static func reply(_ id: UInt32, _ raw: UnsafeMutableRawPointer) -> Inbound.Reply {
        switch id {
        case AMQP_QUEUE_DECLARE_OK_METHOD:
            let it = unsafe raw.assumingMemoryBound(to: amqp_queue_declare_ok_t.self)
            return unsafe Inbound.Reply(
                method: id, name: WireDecoder.text(it.pointee.queue), messages: Int(it.pointee.message_count),
                consumers: Int(it.pointee.consumer_count))
        case AMQP_QUEUE_PURGE_OK_METHOD:
            let it = unsafe raw.assumingMemoryBound(to: amqp_queue_purge_ok_t.self)
            return unsafe Inbound.Reply(method: id, messages: Int(it.pointee.message_count))
        case AMQP_QUEUE_DELETE_OK_METHOD:
            let it = unsafe raw.assumingMemoryBound(to: amqp_queue_delete_ok_t.self)
            return unsafe Inbound.Reply(method: id, messages: Int(it.pointee.message_count))
        case AMQP_BASIC_CONSUME_OK_METHOD:
            let it = unsafe raw.assumingMemoryBound(to: amqp_basic_consume_ok_t.self)
            return unsafe Inbound.Reply(method: id, name: WireDecoder.text(it.pointee.consumer_tag))
        default: return Inbound.Reply(method: id)
        }
    }

    private static func violation(_ what: String, file: String = #fileID, line: Int = #line) -> AMQPError {
        AMQPError(.protocolViolation, "the broker sent \(what)", file: file, line: line)
    }
}

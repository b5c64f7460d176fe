/// What AMQP cannot carry, found before a byte is sent: half a message on the wire could not be taken back.
package enum WireLimits {
    /// The longest short string, in bytes of UTF-8.
    package static let shortString = 255
    /// The longest header frame this side sends. Frames of 128 KiB are negotiated; brokers may allow less.
    package static let table = 100_000
    /// The largest body RabbitMQ accepts with default settings, in bytes.
    package static let body = 134_217_728
    /// How many tables and lists may lie inside each other.
    package static let depth = 32

    /// Why the message cannot be sent, or `nil` when it can.
    package static func fault(of message: borrowing OutgoingMessage) -> String? {
        if message.exchange.utf8.count > shortString { return "the exchange's name is over 255 bytes" }
        if message.routingKey.utf8.count > shortString { return "the routing key is over 255 bytes" }
        if message.body.count > body { return "the body is over 128 MiB" }
        if isTooLong(message.properties.messageID) || isTooLong(message.properties.correlationID)
            || isTooLong(message.properties.replyTo)
            || isTooLong(message.properties.contentType) || isTooLong(message.properties.contentEncoding)
            || isTooLong(message.properties.expiration) || isTooLong(message.properties.type)
            || isTooLong(message.properties.userID)
            || isTooLong(message.properties.appID)
        {
            return "a property is over 255 bytes"
        }
        if message.properties.headers.isEmpty { return nil }
        guard let size = size(of: message.properties.headers, depth: 0) else {
            return "a header's name is over 255 bytes, or headers are nested too deep"
        }
        return size > table ? "the headers are over \(table) bytes" : nil
    }

    private static func isTooLong(_ text: String?) -> Bool { (text?.utf8.count ?? 0) > shortString }

    /// The size on the wire, or `nil` when the table cannot be written.
    package static func size(of headers: Headers, depth level: Int = 0) -> Int? {
        if level > depth { return nil }
        var total = 4
        for entry in headers.entries {
            let name = entry.name.utf8.count
            guard name <= shortString, let size = size(of: entry.value, depth: level) else { return nil }
            total += 1 + name + size
        }
        return total
    }

    private static func size(of value: FieldValue, depth level: Int) -> Int? {
        switch value {
        case .bool: return 2
        case .int, .double, .timestamp: return 9
        case .string(let text): return 5 + text.utf8.count
        case .bytes(let data): return 5 + data.count
        case .void: return 1
        case .table(let headers): return size(of: headers, depth: level + 1).map { $0 + 1 }
        case .array(let values):
            if level > depth { return nil }
            var total = 5
            for element in values {
                guard let size = size(of: element, depth: level + 1) else { return nil }
                total += size
            }
            return total
        }
    }
}

package import AMQP
package import Contracts

extension WireMessage {
    /// What the envelope reads, taken from what AMQP delivered.
    package init(_ delivery: Delivery) {
        let properties = delivery.properties
        self.init()
        contentType = properties.contentType
        messageID = properties.messageID
        type = properties.type
        correlationID = properties.correlationID
        replyTo = properties.replyTo
        appID = properties.appID
        timestamp = properties.timestamp.flatMap { Timestamp(amqpSeconds: $0) }
        routingKey = delivery.routingKey
        exchange = delivery.exchange
        body = delivery.body
        headers = properties.headers.map { (name: $0.name, value: HeaderValue($0.value)) }
    }
}

extension WireMessage.HeaderValue {
    /// The same value, as far as the contract tells types apart.
    package init(_ value: FieldValue) {
        switch value {
        case .string(let text): self = .text(text)
        case .bytes(let bytes): self = .bytes(bytes)
        case .int(let number): self = .number(number)
        case .timestamp(let seconds): self = .seconds(seconds)
        case .void: self = .void
        case .bool, .double, .array, .table: self = .other
        }
    }
}

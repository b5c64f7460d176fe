package import AMQP
package import Contracts

extension WireMessage {
    /// What the envelope reads, taken from what AMQP delivered. Headers that are neither text nor number do not count.
    package init(_ delivery: Delivery) {
        let properties = delivery.properties
        self.init()
        contentType = properties.contentType
        messageID = properties.messageID
        type = properties.type
        correlationID = properties.correlationID
        replyTo = properties.replyTo
        appID = properties.appID
        timestamp = properties.timestamp.map { Timestamp(microseconds: Int64(clamping: $0) &* 1_000_000) }
        routingKey = delivery.routingKey
        exchange = delivery.exchange
        body = delivery.body
        for entry in properties.headers {
            switch entry.value {
            case .string(let text): headers.append((name: entry.name, value: text))
            case .int(let number): headers.append((name: entry.name, value: String(number)))
            default: continue
            }
        }
    }
}

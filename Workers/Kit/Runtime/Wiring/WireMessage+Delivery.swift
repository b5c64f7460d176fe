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
        timestamp = properties.timestamp.flatMap { Self.sane($0) }
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

    /// A time up to the year 9999; nothing for what is none, such as nanoseconds sent for seconds. PostgreSQL would
    /// refuse it, and with it the row of a command that is well otherwise.
    private static func sane(_ seconds: UInt64) -> Timestamp? {
        seconds < 253_402_300_800 ? Timestamp(microseconds: Int64(seconds) * 1_000_000) : nil
    }
}

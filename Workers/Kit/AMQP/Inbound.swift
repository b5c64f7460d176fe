/// What came from the broker, whole and copied out of the library.
enum Inbound {
    case delivery(Delivery)
    case returned(Returned)
    case answered(sequence: UInt64, multiple: Bool, nack: Bool)
    case reply(channel: UInt16, Reply)
    case consumerCancelled(channel: UInt16, tag: String)
    case channelClosed(channel: UInt16, AMQPError, byPublish: Bool)
    case blocked(String)
    case unblocked

    /// A message that reached no queue.
    struct Returned {
        let replyCode: UInt16
        let text: String
        let exchange: String
        let routingKey: String
        let messageID: String?
    }

    /// The answer to a synchronous method.
    struct Reply {
        let method: UInt32
        var name = ""
        var messages = 0
        var consumers = 0
    }
}

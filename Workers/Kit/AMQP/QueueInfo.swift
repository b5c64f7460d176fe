/// What the broker says of a queue.
public struct QueueInfo: Hashable, Sendable {
    /// Its name; chosen by the broker when it was declared with an empty one.
    public let name: String
    /// Messages ready for delivery.
    public let messages: Int
    /// Consumers.
    public let consumers: Int
}

/// How an exchange routes.
public struct ExchangeKind: Hashable, Sendable {
    /// The kind's name on the wire.
    public let name: String

    /// A kind by its name, such as one that a plugin adds.
    public init(name: String) { self.name = name }

    /// By the exact routing key.
    public static let direct = ExchangeKind(name: "direct")
    /// By patterns of words in the routing key.
    public static let topic = ExchangeKind(name: "topic")
    /// To every queue bound.
    public static let fanout = ExchangeKind(name: "fanout")
    /// By header values.
    public static let headers = ExchangeKind(name: "headers")
}

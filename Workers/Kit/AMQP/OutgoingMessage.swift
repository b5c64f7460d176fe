/// A message to publish.
public struct OutgoingMessage: Sendable {
    /// The exchange; empty is the default exchange, which routes to the queue named by the routing key.
    public var exchange: String
    /// The routing key, at most 255 bytes.
    public var routingKey: String
    /// The message's properties. Give each mandatory message a `messageID` of its own: returns are matched by it.
    public var properties: Properties
    /// The body.
    public var body: [UInt8]
    /// Whether the broker must return the message when it reaches no queue.
    public var mandatory: Bool
    /// Chosen by the caller, reported back with the outcome, never sent.
    public var token: UInt64

    /// A message to publish.
    public init(
        exchange: String, routingKey: String, properties: Properties = Properties(), body: [UInt8],
        mandatory: Bool = true, token: UInt64 = 0
    ) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.properties = properties
        self.body = body
        self.mandatory = mandatory
        self.token = token
    }
}

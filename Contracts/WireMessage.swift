/// A message as a transport hands it over: the properties that the contract reads, the headers and the body.
public struct WireMessage: Sendable {
    /// The exchange it was published to.
    public var exchange: String
    /// The routing key it was published with.
    public var routingKey: String
    /// The property `content_type`.
    public var contentType: String?
    /// The property `message_id`.
    public var messageID: String?
    /// The property `type`.
    public var type: String?
    /// The property `correlation_id`.
    public var correlationID: String?
    /// The property `reply_to`.
    public var replyTo: String?
    /// The property `app_id`.
    public var appID: String?
    /// The property `timestamp`, which AMQP gives in whole seconds.
    public var timestamp: Timestamp?
    /// The headers, in the order of the wire.
    public var headers: [(name: String, value: HeaderValue)]
    /// The body.
    public var body: [UInt8]

    /// A message; what is not given is absent.
    public init(
        exchange: String = "", routingKey: String = "", contentType: String? = nil, messageID: String? = nil,
        type: String? = nil, correlationID: String? = nil, replyTo: String? = nil, appID: String? = nil,
        timestamp: Timestamp? = nil, headers: [(name: String, value: HeaderValue)] = [], body: [UInt8] = []
    ) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.contentType = contentType
        self.messageID = messageID
        self.type = type
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.appID = appID
        self.timestamp = timestamp
        self.headers = headers
        self.body = body
    }

    /// The value of the first header of this name.
    public func header(_ name: String) -> HeaderValue? {
        headers.first { $0.name == name }?.value
    }
}

/// The properties of a message: AMQP's `basic` class, without the deprecated cluster id.
///
/// Text is UTF-8 of at most 255 bytes a property. Received text that is not UTF-8 has U+FFFD in its place.
public struct Properties: Hashable, Sendable {
    /// The MIME type of the body.
    public var contentType: String?
    /// The encoding of the body, such as `gzip`.
    public var contentEncoding: String?
    /// Application headers.
    public var headers: Headers
    /// Delivery mode 2: written to disk before the broker confirms it (quorum queues always do).
    public var isPersistent: Bool
    /// 0 to 255; queues decide what they do with it.
    public var priority: UInt8?
    /// What a reply refers to.
    public var correlationID: String?
    /// The queue a reply goes to.
    public var replyTo: String?
    /// Time to live in the queue, in milliseconds, as decimal text.
    public var expiration: String?
    /// The application's identity of the message.
    public var messageID: String?
    /// Seconds since 1970-01-01 UTC.
    public var timestamp: UInt64?
    /// The application's name for the kind of message.
    public var type: String?
    /// The publishing user; the broker refuses one that is not the connection's own.
    public var userID: String?
    /// The publishing application.
    public var appID: String?

    /// Properties; what is left out is absent on the wire.
    public init(
        contentType: String? = nil, contentEncoding: String? = nil, headers: Headers = Headers(),
        isPersistent: Bool = false, priority: UInt8? = nil, correlationID: String? = nil, replyTo: String? = nil,
        expiration: String? = nil, messageID: String? = nil, timestamp: UInt64? = nil, type: String? = nil,
        userID: String? = nil, appID: String? = nil
    ) {
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.headers = headers
        self.isPersistent = isPersistent
        self.priority = priority
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.expiration = expiration
        self.messageID = messageID
        self.timestamp = timestamp
        self.type = type
        self.userID = userID
        self.appID = appID
    }
}

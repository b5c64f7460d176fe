/// A message as it was delivered: plain data, cheap to copy (one reference), valid for ever.
public struct Delivery: Sendable {
    @usableFromInline let storage: DeliveryStorage

    init(_ storage: DeliveryStorage) { self.storage = storage }

    /// A delivery that came from no broker, for tests of code that reads deliveries.
    public init(
        queue: String, exchange: String = "", routingKey: String = "", properties: Properties = Properties(),
        body: [UInt8], isRedelivered: Bool = false
    ) {
        storage = DeliveryStorage(
            queue: queue, exchange: exchange, routingKey: routingKey, properties: properties, body: body,
            bodySize: body.count, isRedelivered: isRedelivered, tag: 0, channel: 0, epoch: 0, arrival: 0)
    }

    /// The queue it was consumed from.
    @inlinable public var queue: String { storage.queue }
    /// The exchange it was published to.
    @inlinable public var exchange: String { storage.exchange }
    /// The routing key it was published with.
    @inlinable public var routingKey: String { storage.routingKey }
    /// Its properties.
    @inlinable public var properties: Properties { storage.properties }
    /// Its body; its beginning, when it is longer than the consumer's limit.
    @inlinable public var body: [UInt8] { storage.body }
    /// How many bytes the body had when it was sent.
    public var bodySize: Int { storage.bodySize }
    /// Whether the broker has handed it out before.
    @inlinable public var isRedelivered: Bool { storage.isRedelivered }

    /// How often it was handed out before: `x-delivery-count` where the queue keeps it (quorum), otherwise 1 when it is
    /// a redelivery and 0 when not. A hint: every hand-back counts, whoever caused it.
    public var deliveryCount: Int {
        switch storage.properties.headers["x-delivery-count"] {
        case .int(let count): max(0, count)
        default: storage.isRedelivered ? 1 : 0
        }
    }
}

/// One allocation a delivery, shared by its copies.
@usableFromInline
final class DeliveryStorage: Sendable {
    @usableFromInline let queue: String
    @usableFromInline let exchange: String
    @usableFromInline let routingKey: String
    @usableFromInline let properties: Properties
    @usableFromInline let body: [UInt8]
    @usableFromInline let isRedelivered: Bool
    let bodySize: Int
    let tag: UInt64
    let channel: UInt16
    let epoch: UInt64
    /// About what it takes in memory, in bytes.
    var weight: Int { body.count + 512 }
    /// Counts the deliveries of a connection, whatever their channel.
    let arrival: UInt64

    init(
        queue: String, exchange: String, routingKey: String, properties: Properties, body: [UInt8], bodySize: Int,
        isRedelivered: Bool, tag: UInt64, channel: UInt16, epoch: UInt64, arrival: UInt64
    ) {
        self.queue = queue
        self.exchange = exchange
        self.routingKey = routingKey
        self.properties = properties
        self.body = body
        self.bodySize = bodySize
        self.isRedelivered = isRedelivered
        self.tag = tag
        self.channel = channel
        self.epoch = epoch
        self.arrival = arrival
    }
}

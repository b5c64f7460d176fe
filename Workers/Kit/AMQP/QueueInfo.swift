/// What the broker says of a queue.
public struct QueueInfo: Hashable, Sendable {
    /// Its name; chosen by the broker when it was declared with an empty one.
    public let name: String
    /// Messages ready for delivery.
    public let messages: Int
    /// Consumers.
    public let consumers: Int
}

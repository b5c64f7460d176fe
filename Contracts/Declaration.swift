/// One thing to be declared on the broker, as plain values. Declaring it again is no change.
public enum Declaration: Hashable, Sendable {
    /// An exchange, always durable.
    case exchange(name: String, type: String)
    /// A queue, always durable, with its arguments.
    case queue(name: String, arguments: [Argument])
    /// Messages of `exchange` whose routing key matches `key` go to `queue`.
    case binding(queue: String, exchange: String, key: String)

    /// One optional argument of a queue.
    public struct Argument: Hashable, Sendable {
        /// The argument's name, such as `x-queue-type`.
        public let name: String
        /// Its value; all of ours are text.
        public let value: String

        /// An argument.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }
}

/// Limits that the broker lays on queues by their names. They are policies and not arguments, so that changing one never
/// makes a declaration fail.
public struct Policy: Hashable, Sendable {
    /// The policy's name.
    public let name: String
    /// The regular expression for the names of queues.
    public let pattern: String
    /// Of several policies that match a queue, the one with the highest priority holds.
    public let priority: Int
    /// The limits, by their names in the broker.
    public let limits: [Limit]

    /// One limit.
    public struct Limit: Hashable, Sendable {
        /// The limit's name, such as `delivery-limit`.
        public let name: String
        /// Its value.
        public let value: Int
    }
}

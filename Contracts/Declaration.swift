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

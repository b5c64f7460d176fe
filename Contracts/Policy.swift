/// Limits that the broker lays on queues by their names. They are policies and not arguments, so that changing one
/// never makes a declaration fail.
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

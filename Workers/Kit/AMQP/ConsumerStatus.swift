/// A consumer at one moment.
public struct ConsumerStatus: Sendable {
    /// Whether it is logged in.
    public var connected = false
    /// The queues the broker delivers from.
    public var consuming: [String] = []
    /// When bytes last came from the broker (heartbeats count), on the monotonic clock, as time since boot.
    public var lastFrameAt: Duration?
    /// How long nothing has come from the broker.
    public var silence: Duration?
    /// When its thread last came round, on the monotonic clock, as time since boot.
    public var roundAt: Duration?
    /// How long its thread has not come round: some seconds at most, while it is connected.
    public var standstill: Duration?
    /// Why the broker has blocked the connection, when it has.
    public var blocked: String?
    /// Counts the connections; the first is 1.
    public var epoch: UInt64 = 0
    /// Deliveries that came and are not settled: waiting for `take`, or in a batch.
    public var held = 0
    /// Those of `held` that wait for `take`.
    public var waiting = 0
    /// How often the connection was made anew.
    public var reconnects = 0
    /// Settlements dropped because they came too late.
    public var staleSettlements = 0
    /// Who answered.
    public var broker: Broker?
}

/// A publisher at one moment.
public struct PublisherStatus: Sendable {
    /// Whether it is logged in.
    public var connected = false
    /// When its thread last came round, on the monotonic clock, as time since boot.
    public var roundAt: Duration?
    /// How long its thread has not come round: some seconds at most, while it is connected.
    public var standstill: Duration?
    /// Why the broker has blocked the connection, when it has.
    public var blocked: String?
    /// When bytes last came from the broker (heartbeats count), on the monotonic clock, as time since boot.
    public var lastFrameAt: Duration?
    /// How long nothing has come from the broker.
    public var silence: Duration?
    /// Counts the connections; the first is 1.
    public var epoch: UInt64 = 0
    /// How often the connection was made anew.
    public var reconnects = 0
    /// Messages accepted and not reported.
    public var backlog = 0
    /// Those of `backlog` that were sent and are not answered.
    public var unconfirmed = 0
    /// Who answered.
    public var broker: Broker?
}

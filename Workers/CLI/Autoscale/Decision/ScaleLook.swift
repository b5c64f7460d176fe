/// The figures of one service at one moment: all commands that it serves together. Those that are paused do not count,
/// since more replicas would do none of them.
struct ScaleLook: Equatable, Sendable {
    /// Replicas that there are, by whoever starts and stops them; those that are about to end are none.
    var replicas: Int
    /// Processes that consume, by the broker.
    var consuming: Int
    /// Commands that wait or are being done.
    var backlog: Int
    /// Those of the backlog that wait for somebody to take them.
    var waiting: Int
    /// Those that are handed out and not done; `nil` where nobody counts them.
    var inHand: Int?
    /// Commands that ended since the look before, a second; at the first look those of the last minute.
    var finished: Double
    /// The paused commands.
    var paused: Set<String> = []
    /// Whether every command is paused.
    var isPaused = false

    /// Whether the figures of both are of the same things, so that the difference says something.
    func counts(asIn other: ScaleLook) -> Bool {
        paused == other.paused && (inHand == nil) == (other.inHand == nil)
    }
}

/// What is known of the speed of a service.
struct ScalePace: Equatable, Sendable {
    /// Commands that one replica finishes in a second when it has enough to do; `nil` while nobody finished any.
    var rate: Double?
    /// Whether it was seen at work with enough to do. If not, ``rate`` is the least that it can.
    var isMeasured = false
    /// Commands that arrive in a second.
    var arrivals = 0.0
}

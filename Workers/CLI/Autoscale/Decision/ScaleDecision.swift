/// What is done about a service after a look.
struct ScaleDecision: Equatable, Sendable {
    /// Which way.
    enum Action: String, Sendable {
        case up, down, steady
        /// Nothing is known, or nothing is to be done by this process.
        case hold
    }

    let action: Action
    /// How many replicas there are to be.
    let count: Int
    let ground: ScaleGround

    init(_ action: Action, _ count: Int, _ ground: ScaleGround) {
        (self.action, self.count, self.ground) = (action, count, ground)
    }
}

/// Why.
enum ScaleGround: Equatable, Sendable {
    /// So many replicas carry what waits and what arrives.
    case need(Double)
    /// Something waits, and nobody has finished anything yet.
    case rateUnknown
    /// Nothing waits, and how fast a replica can be is not known: one fewer is tried.
    case probe
    /// The next step on the way to so many.
    case step(Int)
    /// Replicas that were asked for do not consume yet.
    case starting
    /// So many would be needed, and the range allows no more.
    case full(Double)
    /// So many would do, and not yet for long enough.
    case stabilising(Int)
    /// So many are in the midst of something.
    case busy(Int)
    /// An operator holds every queue of the service back.
    case paused
    /// Something that the figures come from is away.
    case unknown(String)
    /// Another autoscaler has the lock.
    case standby(String)

    /// The need, if that is the reason.
    var need: Double? { if case .need(let need) = self { need } else { nil } }

    /// Whether more than `limit` would be needed.
    func exceeds(_ limit: Int) -> Bool {
        switch self {
        case .need(let need): need > Double(limit) * (1 + ScaleRules.tolerance)
        case .rateUnknown: true
        default: false
        }
    }

    /// A word for machines.
    var name: String {
        switch self {
        case .need: "need"
        case .rateUnknown: "rate-unknown"
        case .probe: "probe"
        case .step: "step"
        case .starting: "starting"
        case .full: "full"
        case .stabilising: "stabilising"
        case .busy: "busy"
        case .paused: "paused"
        case .unknown: "unknown"
        case .standby: "standby"
        }
    }
}

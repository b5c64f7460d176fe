import Contracts
import Runtime

/// One decision with everything that it rests on: a line for people, or a row for machines.
struct ScaleReport {
    static let columns = [
        "time", "service", "action", "replicas", "count", "ground", "reason", "backlog", "inHand", "consuming",
        "finishedPerSecond", "arrivalsPerSecond", "ratePerReplica", "drainSeconds", "targetSeconds", "error",
    ]

    let time: Timestamp
    let service: ScaledService
    let decision: ScaleDecision
    /// `nil` when there were no figures.
    let look: ScaleLook?
    let pace: ScalePace
    /// Why what was decided could not be done.
    var error: String?

    /// Under ``columns``.
    var row: [Cell] {
        [
            .time(time), .text(service.name), .text(decision.action.rawValue),
            look.map { .number($0.replicas) } ?? .none, .number(decision.count), .text(decision.ground.name),
            .text(reason), look.map { .number($0.backlog) } ?? .none, look?.inHand.map { .number($0) } ?? .none,
            look.map { .number($0.consuming) } ?? .none, look.map { Self.tenths($0.finished) } ?? .none,
            Self.tenths(pace.arrivals), pace.rate.map(Self.tenths) ?? .none, drain.map(Self.tenths) ?? .none,
            Self.tenths(service.rules.target.seconds), error.map { .text($0) } ?? .none,
        ]
    }

    /// `lease-ip 1 → 4: 3000 wait, …`
    var line: String {
        let from = look.map { "\($0.replicas)" } ?? "?"
        let change =
            switch decision.action {
            case .up, .down: "\(from) → \(decision.count)"
            case .steady: "stays at \(decision.count)"
            case .hold: "is left as it is"
            }
        return "\(time.rfc3339) \(service.name) \(change): \(reason)" + (error.map { "; NOT DONE: \($0)" } ?? "")
    }

    /// Whether it says anything that the line before did not.
    func isNews(after last: ScaleReport?) -> Bool {
        guard let last, decision.action != .up, decision.action != .down else { return true }
        return decision.action != last.decision.action || decision.ground.name != last.decision.ground.name
            || decision.count != last.decision.count || error != last.error
    }

    /// How long the present replicas take for what is there; `nil` when that is not known.
    private var drain: Double? {
        guard let look else { return nil }
        if look.backlog == 0 { return 0 }
        guard let rate = pace.rate, look.consuming > 0 else { return nil }
        return Double(look.backlog) / (rate * Double(look.consuming))
    }

    private var reason: String {
        let target = service.rules.target.compact
        return switch decision.ground {
        case .need(let need): "\(figures); \(Self.shown(need)) carry that in \(target)"
        case .rateUnknown: "\(figures); how fast a replica is, is not known yet"
        case .probe: "\(figures); how fast a replica can be is not known, one fewer is tried"
        case .step(let goal): "\(figures); a step towards \(goal), as many at once as run already"
        case .starting: "\(figures); \(look?.consuming ?? 0) of \(decision.count) consume, the others are starting"
        case .full(let need): "\(figures); \(Self.shown(need)) are needed and \(decision.count) is the most"
        case .stabilising(let fewer):
            "\(figures); \(fewer) would do, and have not been enough for \(service.rules.stabilisation.compact)"
        case .busy(let busy): "\(figures); \(busy) are in the midst of something"
        case .paused: "an operator holds its queues back"
        case .unknown(let why): why
        case .standby(let holder): "another one decides: \(holder)"
        }
    }

    private var figures: String {
        guard let look else { return "nothing is known" }
        var parts = [look.backlog == 0 ? "nothing to do" : "\(look.backlog) to do"]
        if let inHand = look.inHand, inHand > 0 { parts.append("\(inHand) of them in hand") }
        if let rate = pace.rate {
            parts.append((pace.isMeasured ? "a replica does " : "a replica does at least ") + Self.shown(rate) + "/s")
        }
        if pace.arrivals > 0 { parts.append("\(Self.shown(pace.arrivals))/s arrive") }
        return parts.joined(separator: ", ")
    }

    private static func tenths(_ value: Double) -> Cell { .tenths(Int(min(max(value, 0), 1e15) * 10)) }

    private static func shown(_ value: Double) -> String {
        let tenths = Int(min(max(value, 0), 1e15) * 10)
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension Duration {
    /// In the largest unit that divides it: `90s`, `5m`.
    fileprivate var compact: String {
        let seconds = milliseconds / 1000
        if milliseconds % 1000 != 0 || seconds == 0 { return "\(milliseconds)ms" }
        return seconds % 3600 == 0 ? "\(seconds / 3600)h" : seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
    }
}

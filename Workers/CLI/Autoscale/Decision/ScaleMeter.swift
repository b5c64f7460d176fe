import Runtime

/// Learns from look to look how fast a replica is and how much arrives. No clock inside.
///
/// The rate of a replica is measured only between two looks at which something waited: at other times replicas are
/// idle, and what they finish says how much arrives and not what they can do. Then it counts only when it is more than
/// was known.
struct ScaleMeter: Sendable {
    private struct Seen: Sendable {
        let at: Monotonic
        let look: ScaleLook
    }

    /// Over how long a measurement loses most of its weight.
    let memory: Duration
    private var before: Seen?
    /// What was finished, and by how many replicas in how many seconds, the older the less.
    private var finished = 0.0
    private var effort = 0.0
    /// The most that was seen while nobody was sure to be busy.
    private var hint = 0.0
    private var arrivals: [Double] = []

    /// - Parameter target: lumps of long commands are levelled out over as long a time.
    init(target: Duration) { memory = max(target, .seconds(30)) }

    /// What is known by now.
    var pace: ScalePace {
        let measured = effort > 0 ? finished / effort : 0
        let rate = measured > 0 ? measured : hint
        return ScalePace(rate: rate > 0 ? rate : nil, isMeasured: measured > 0, arrivals: usualArrivals)
    }

    /// Takes note of a look.
    mutating func observe(_ look: ScaleLook, at now: Monotonic) {
        defer { before = Seen(at: now, look: look) }
        guard let before, before.look.counts(asIn: look), now > before.at else {
            if before == nil, look.consuming > 0 { hint = max(hint, look.finished / Double(look.consuming)) }
            return
        }
        let time = (now - before.at).seconds
        let replicas = Double(max(before.look.consuming, look.consuming))
        let growth = Double(look.backlog - before.look.backlog) / time
        arrivals = Array((arrivals + [max(0, look.finished + growth)]).suffix(Self.looks))
        guard replicas > 0 else { return }
        if before.look.waiting > 0, look.waiting > 0 {
            // When in between some began or ended is not known. The first measurement may be too low, for then the next
            // ones come soon.
            guard effort == 0 || before.look.consuming == look.consuming else { return }
            let weight = 1 / (1 + time / memory.seconds)
            finished = finished * weight + look.finished * time
            effort = effort * weight + replicas * time
        } else {
            let rate = look.finished / replicas
            if effort > 0 { finished = max(finished, rate * effort) }
            hint = max(hint, rate)
        }
    }

    /// Forgets the look before: what happened since cannot be told.
    mutating func interrupt() { before = nil }

    /// The middle one of the last looks. One burst is in the backlog already, and is not taken for a stream.
    private var usualArrivals: Double {
        let all = (arrivals + Array(repeating: 0, count: Self.looks - arrivals.count)).sorted()
        return all[Self.looks / 2]
    }

    private static let looks = 5
}

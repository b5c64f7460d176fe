import Runtime

/// The decisions about one service, look after look. No clock, broker or process inside: the same looks at the same
/// moments give the same decisions.
struct ScaleState: Sendable {
    private struct Recommendation: Sendable {
        let at: Monotonic
        let replicas: Int
    }

    let rules: ScaleRules
    private(set) var meter: ScaleMeter
    private var window: [Recommendation] = []
    /// The replicas after the last decision.
    private var count: Int?

    init(_ rules: ScaleRules) {
        self.rules = rules
        meter = ScaleMeter(target: rules.target)
    }

    /// Decides after a look.
    mutating func decide(_ look: ScaleLook, at now: Monotonic) -> ScaleDecision {
        guard !look.isPaused else { return hold(look.replicas, .paused, at: now) }
        meter.observe(look, at: now)
        // Who begins to look, and who finds more than was left, knows nothing against those that are there.
        if count.map({ look.replicas > $0 }) ?? true { recommend(look.replicas, at: now) }
        let pace = meter.pace
        let (recommended, ground) = rules.recommendation(for: look, at: pace)
        recommend(recommended, at: now)
        let highest = window.map(\.replicas).max() ?? recommended
        let decision = rules.decision(
            for: look, recommended: recommended, on: ground, highest: min(highest, rules.range.upperBound), pace: pace)
        count = decision.count
        return decision
    }

    /// Leaves everything as it is. What is there counts as recommended, so that nothing is stopped for as long as the
    /// window lasts after the figures are back.
    mutating func hold(_ replicas: Int?, _ ground: ScaleGround, at now: Monotonic) -> ScaleDecision {
        meter.interrupt()
        if let known = replicas ?? count { recommend(known, at: now) }
        if let replicas { count = replicas }
        return ScaleDecision(.hold, replicas ?? count ?? rules.range.lowerBound, ground)
    }

    private mutating func recommend(_ replicas: Int, at now: Monotonic) {
        window.removeAll { now - $0.at > rules.stabilisation }
        // What is lower than a later one can never be the highest.
        while let last = window.last, last.replicas <= replicas { window.removeLast() }
        window.append(Recommendation(at: now, replicas: replicas))
    }
}

import Runtime

/// By which rules the replicas of one service are chosen. Pure: what is decided follows from the arguments alone.
///
/// **What is wanted**: that what waits is done within ``target``, while as much arrives as before. So many replicas
/// that
///
///     replicas × rate ≥ backlog / target + arrivals
///
/// Without arrivals that is the time in which the present replicas would drain the queue, divided by the target, times
/// the replicas: the ratio by which the Horizontal Pod Autoscaler of Kubernetes scales
/// (kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale, “Algorithm details”). Arrivals keep the replicas
/// that hold a queue empty from being taken away because it is empty, and from being started again a moment later:
/// what scalers by length alone are blamed for (github.com/mbogus/kube-amqp-autoscale/issues/10).
///
/// **How fast**: up at once, at most to the double of what runs, or four more. Down after ``stabilisation``, during
/// which the highest recommendation counts, and then by a quarter a look. Both are what the same page names, with its
/// tolerance of a tenth; a quarter is ours.
///
/// **Never below busy**: a replica is not stopped in the midst of what it cannot finish within ``grace``. That it is
/// stopped nevertheless is what users of KEDA report most (github.com/kedacore/keda/issues/356, 638, 6719).
struct ScaleRules: Equatable, Sendable {
    /// The fewest and the most replicas.
    var range: ClosedRange<Int>
    /// In what time a backlog is to be done.
    var target: Duration = .seconds(60)
    /// For how long the highest recommendation counts before replicas are stopped.
    var stabilisation: Duration = .seconds(300)
    /// How long a replica has that was asked to stop: the worker's `SHUTDOWN_GRACE`.
    var grace: Duration = .seconds(20)

    /// How far from the present number the need may be without a change.
    static let tolerance = 0.1

    /// The replicas that the figures call for, before any limit of speed; and what that rests on.
    func recommendation(for look: ScaleLook, at pace: ScalePace) -> (replicas: Int, ground: ScaleGround) {
        let present = Double(look.replicas)
        guard look.backlog > 0 || pace.arrivals > 0 else { return (clamped(0), .need(0)) }
        guard let rate = pace.rate, pace.isMeasured else { return guess(for: look, at: pace) }
        let need = need(of: look, arrivals: pace.arrivals, rate: rate)
        let isNear = look.replicas > 0 && abs(need / present - 1) <= Self.tolerance
        return (clamped(isNear ? look.replicas : Int(min(need, 1e6).rounded(.up))), .need(need))
    }

    /// The same while nobody has been seen busy: what replicas finish then is less than what they could, or nothing.
    private func guess(for look: ScaleLook, at pace: ScalePace) -> (replicas: Int, ground: ScaleGround) {
        let most = pace.rate.map { need(of: look, arrivals: pace.arrivals, rate: $0) }
        guard look.waiting > 0 else {
            // Nothing waits, so these are enough, and fewer may be. One fewer is tried; if it is too few, something
            // will wait, and then the rate is known.
            let fewer = min(look.replicas - 1, most.map { Int(min($0, 1e6).rounded(.up)) } ?? .max)
            return (clamped(max(1, fewer)), .probe)
        }
        if let most, most <= Double(look.replicas) * (1 + Self.tolerance) {
            return (clamped(look.replicas), .need(most))
        }
        // Doubling finds the size in few steps. More replicas than commands are of no use, however long one takes.
        let double = max(1, 2 * min(look.replicas, look.consuming))
        return (clamped(max(look.replicas, min(double, look.backlog))), .rateUnknown)
    }

    /// What to do.
    ///
    /// - Parameter highest: the highest recommendation since the window of stabilisation began, this one included.
    func decision(
        for look: ScaleLook, recommended: Int, on ground: ScaleGround, highest: Int, pace: ScalePace
    ) -> ScaleDecision {
        let now = look.replicas
        if recommended > now {
            let running = min(now, look.consuming)
            let limit = ground == .rateUnknown ? recommended : max(now, 2 * running, running + 4)
            // What the range asks for is no matter of speed.
            let count = max(min(recommended, limit), range.lowerBound)
            guard count > now else { return ScaleDecision(.steady, now, .starting) }
            return ScaleDecision(.up, count, count < recommended ? .step(recommended) : ground)
        }
        guard recommended < now else {
            let isFull = now == range.upperBound && ground.exceeds(range.upperBound)
            return ScaleDecision(.steady, now, isFull ? .full(ground.need ?? 0) : ground)
        }
        guard highest < now else { return ScaleDecision(.steady, now, .stabilising(recommended)) }
        let busy = busy(look, pace)
        let step = now - max(1, now / 4)
        let count = max(highest, busy, step)
        guard count < now else { return ScaleDecision(.steady, now, .busy(busy)) }
        return ScaleDecision(.down, count, count == busy && busy > highest ? .busy(busy) : ground)
    }

    /// How many replicas it takes to finish within the grace what has been handed out: so many must stay.
    func busy(_ look: ScaleLook, _ pace: ScalePace) -> Int {
        let finishable = pace.rate.map { $0 * grace.seconds }
        guard let inHand = look.inHand else {
            // Nobody counts what was handed out. Where a command takes less than the grace, whoever is asked to stop
            // finishes it; where it takes longer, only an empty queue says that nobody has one.
            return look.backlog == 0 || finishable.map { $0 >= 1 } ?? false ? 0 : look.replicas
        }
        guard inHand > 0 else { return 0 }
        guard let finishable, finishable > 0 else { return min(look.replicas, inHand) }
        // Where one takes longer than the grace, each has a replica of its own.
        return Int(min(Double(min(look.replicas, inHand)), (Double(inHand) / finishable).rounded(.up)))
    }

    private func need(of look: ScaleLook, arrivals: Double, rate: Double) -> Double {
        let backlog = Double(look.backlog)
        // A command is done by one replica, also where it takes longer than the target.
        return min(backlog / (target.seconds * rate), backlog) + arrivals / rate
    }

    private func clamped(_ count: Int) -> Int { min(max(count, range.lowerBound), range.upperBound) }
}

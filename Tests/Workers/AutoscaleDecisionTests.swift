import Runtime
import Testing

@testable import CLI

/// What is decided about one look, over every combination that matters.
@Suite struct AutoscaleDecisionTests {
    private static let rules = ScaleRules(range: 1...8, target: .seconds(10), grace: .seconds(20))

    private static func look(_ replicas: Int, backlog: Int, inHand: Int? = 0, consuming: Int? = nil) -> ScaleLook {
        ScaleLook(
            replicas: replicas, consuming: consuming ?? replicas, backlog: backlog,
            waiting: max(0, backlog - (inHand ?? 0)), inHand: inHand, finished: 0)
    }

    /// So many commands a second and replica, as measured.
    private static func pace(_ rate: Double?, arrivals: Double = 0) -> ScalePace {
        ScalePace(rate: rate, isMeasured: rate != nil, arrivals: arrivals)
    }

    @Test(
        arguments: [
            // backlog / (target × rate), rounded up
            (look(1, backlog: 1000), pace(20), 5), (look(1, backlog: 230), pace(20), 2),
            (look(4, backlog: 30), pace(1), 3),
            // arrivals count beside it
            (look(1, backlog: 0), pace(20, arrivals: 50), 3), (look(1, backlog: 1000), pace(20, arrivals: 50), 8),
            // within a tenth of what is there nothing changes
            (look(5, backlog: 1090), pace(20), 5), (look(5, backlog: 910), pace(20), 5),
            (look(5, backlog: 1110), pace(20), 6),
            // the range
            (look(2, backlog: 0), pace(20), 1), (look(2, backlog: 1_000_000), pace(20), 8),
            // a command is done by one, also where it takes longer than the target
            (look(1, backlog: 3), pace(0.01), 3),
            // nothing is known: double, and no more than there are commands
            (look(1, backlog: 100), pace(nil), 2), (look(3, backlog: 100), pace(nil), 6),
            (look(3, backlog: 4), pace(nil), 4),
            (look(3, backlog: 2), pace(nil), 3), (look(0, backlog: 2, consuming: 0), pace(nil), 1),
            // those that start are waited for
            (look(4, backlog: 100, consuming: 1), pace(nil), 4),
        ] as [(ScaleLook, ScalePace, Int)])
    func whatIsWantedFollowsFromTheFigures(look: ScaleLook, pace: ScalePace, wanted: Int) {
        #expect(Self.rules.recommendation(for: look, at: pace).replicas == wanted)
    }

    @Test func aRateThatIsOnlyTheLeastIsBelievedWhereItIsEnough() {
        let least = ScalePace(rate: 20, isMeasured: false, arrivals: 0)
        #expect(Self.rules.recommendation(for: Self.look(2, backlog: 300), at: least).replicas == 2)
        #expect(Self.rules.recommendation(for: Self.look(2, backlog: 3000), at: least) == (4, .rateUnknown))
        // Nothing waits, so one fewer is tried, and never none.
        let trickle = ScalePace(rate: 0.5, isMeasured: false, arrivals: 2)
        #expect(Self.rules.recommendation(for: Self.look(4, backlog: 0), at: trickle) == (3, .probe))
        #expect(Self.rules.recommendation(for: Self.look(1, backlog: 0), at: trickle) == (1, .probe))
    }

    @Test(
        arguments: [
            // up: double, or four more, of those that run
            (look(1, backlog: 9999), 8, 8, ScaleDecision(.up, 5, .step(8))),
            (look(6, backlog: 9999), 8, 8, .init(.up, 8, .need(99))),
            (look(6, backlog: 9999, consuming: 1), 8, 8, .init(.steady, 6, .starting)),
            (look(8, backlog: 9999), 8, 8, .init(.steady, 8, .full(99))),
            // down: when the window is over, by a quarter
            (look(8, backlog: 0), 1, 8, .init(.steady, 8, .stabilising(1))),
            (look(8, backlog: 0), 1, 1, .init(.down, 6, .need(99))),
            (look(3, backlog: 0), 1, 1, .init(.down, 2, .need(99))),
            (look(8, backlog: 0), 1, 7, .init(.down, 7, .need(99))),
            // never below busy: 10 in hand at 0.1/s are those of five in twenty seconds
            (look(8, backlog: 40, inHand: 10), 1, 1, .init(.down, 6, .need(99))),
            (look(6, backlog: 40, inHand: 10), 1, 1, .init(.down, 5, .busy(5))),
            (look(5, backlog: 40, inHand: 10), 1, 1, .init(.steady, 5, .busy(5))),
            // more than the range allows is brought back, and fewer is made up for at once
            (look(12, backlog: 0), 8, 8, .init(.down, 9, .need(99))),
            (look(0, backlog: 0, consuming: 0), 1, 1, .init(.up, 1, .need(99))),
        ] as [(ScaleLook, Int, Int, ScaleDecision)])
    func speedIsLimited(look: ScaleLook, recommended: Int, highest: Int, decision: ScaleDecision) {
        let made = Self.rules.decision(
            for: look, recommended: recommended, on: .need(99), highest: highest, pace: Self.pace(0.1))
        #expect(made == decision)
    }

    @Test func noCombinationBreaksARule() {
        var count = 0
        for range in [0...4, 1...8, 3...3] {
            var rules = Self.rules
            rules.range = range
            for replicas in 0...10 {
                for consuming in Set([0, 1, replicas / 2, replicas, replicas + 2]) {
                    for backlog in [0, 1, 2, 7, 500, 1_000_000] {
                        for inHand in [nil, 0, 1, 7, 400] {
                            let look = Self.look(replicas, backlog: backlog, inHand: inHand, consuming: consuming)
                            for rate in [nil, 0.001, 0.2, 30, 10_000] {
                                for isMeasured in [false, true] {
                                    for arrivals in [0, 0.1, 900] {
                                        let pace = ScalePace(
                                            rate: rate, isMeasured: isMeasured && rate != nil, arrivals: arrivals)
                                        Self.check(rules, look, pace)
                                        count += 1
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        #expect(count > 100_000)
    }

    /// What holds for every decision.
    private static func check(_ rules: ScaleRules, _ look: ScaleLook, _ pace: ScalePace) {
        let (recommended, ground) = rules.recommendation(for: look, at: pace)
        let busy = rules.busy(look, pace)
        let now = look.replicas
        guard rules.range.contains(recommended), 0...now ~= busy else {
            return fail(look, pace, "\(recommended) \(busy)")
        }
        for highest in Set([recommended, max(recommended, min(now, rules.range.upperBound)), rules.range.upperBound]) {
            let made = rules.decision(
                for: look, recommended: recommended, on: ground, highest: highest, pace: pace)
            let running = min(now, look.consuming)
            let holds =
                switch made.action {
                case .up:
                    made.count > now && made.count <= recommended
                        && made.count <= max(2 * running, running + 4, rules.range.lowerBound)
                case .down:
                    made.count < now && made.count >= max(highest, busy) && now - made.count <= max(1, now / 4)
                case .steady: made.count == now
                case .hold: false
                }
            if !holds { fail(look, pace, "\(made)") }
            // Where nothing is known of what is in hand, nothing is stopped.
            if made.action == .down, look.inHand == nil, pace.rate == nil, look.backlog > 0 {
                fail(look, pace, "stopped blind")
            }
        }
        // More to do never asks for fewer.
        var more = look
        more.backlog += 10
        more.waiting += 10
        if pace.isMeasured, rules.recommendation(for: more, at: pace).replicas < recommended,
            abs(recommended - now) != 0
        {
            fail(look, pace, "more to do and fewer replicas")
        }
    }

    private static func fail(_ look: ScaleLook, _ pace: ScalePace, _ what: String) {
        Issue.record("\(look) at \(pace): \(what)")
    }
}

import Runtime
import Testing

@testable import CLI

/// Decisions look after look, on a model of a queue and its replicas whose clock is a counter.
@Suite struct AutoscaleCourseTests {
    /// A queue, and replicas that do `rate` commands a second each, from a while after they were started.
    private struct Model {
        var rate: Double
        var startup = 2
        var hasManagement = true
        private(set) var queue = 0.0
        private(set) var replicas = 1
        private var starting: [Int] = []
        private var look = 0
        private var inHand = 0.0

        var running: Int { replicas - starting.count }

        init(rate: Double, startup: Int = 2, hasManagement: Bool = true) {
            (self.rate, self.startup, self.hasManagement) = (rate, startup, hasManagement)
        }

        /// Five seconds, in which so much arrives; and what is seen after them.
        mutating func pass(arriving: Double) -> ScaleLook {
            look += 1
            starting.removeAll { $0 <= look }
            queue += arriving
            let done = min(queue, rate * Double(running) * 5)
            queue -= done
            inHand = min(queue, Double(running) * max(1, rate / 10))
            return ScaleLook(
                replicas: replicas, consuming: running,
                backlog: Int(hasManagement ? queue : queue - inHand), waiting: Int(queue - inHand),
                inHand: hasManagement ? Int(inHand) : nil, finished: done / 5)
        }

        mutating func set(_ count: Int) {
            while replicas < count {
                replicas += 1
                starting.append(look + startup)
            }
            replicas = count
            starting = Array(starting.prefix(max(0, count)))
        }
    }

    /// Runs a model for so many looks. Returns the replicas after each.
    private static func run(
        _ model: inout Model, _ state: inout ScaleState, looks: Range<Int>, arriving: (Int) -> Double
    ) -> [Int] {
        looks.map { number in
            let look = model.pass(arriving: arriving(number))
            let now = Monotonic(nanoseconds: Int64(number) * 5_000_000_000)
            model.set(state.decide(look, at: now).count)
            return model.replicas
        }
    }

    private static func state(_ range: ClosedRange<Int> = 1...10, target: Int = 60) -> ScaleState {
        ScaleState(ScaleRules(range: range, target: .seconds(target)))
    }

    /// How often it went one way after it had gone the other.
    private static func turns(_ course: [Int]) -> Int {
        let steps = zip(course, course.dropFirst()).map { $1 - $0 }.filter { $0 != 0 }
        return zip(steps, steps.dropFirst()).count { ($0 > 0) != ($1 > 0) }
    }

    @Test(arguments: [true, false])
    func aBurstIsDrainedWithinItsTargetAndTheReplicasGoAgain(hasManagement: Bool) {
        var model = Model(rate: 10, hasManagement: hasManagement)
        var state = Self.state()
        // Quiet, then 3000 at once: 5 replicas would take a minute.
        var course = Self.run(&model, &state, looks: 0..<20) { _ in 0 }
        #expect(course.allSatisfy { $0 == 1 })
        course = Self.run(&model, &state, looks: 20..<21) { _ in 3000 }
        #expect(course == [2], "at the first look, and no more than double while nothing is known")
        course = Self.run(&model, &state, looks: 21..<40) { _ in 0 }
        #expect(model.queue == 0, "in 95 s, starting included")
        #expect(course.max().map { 5...8 ~= $0 } ?? false, "\(course)")
        let peak = course.last
        course = Self.run(&model, &state, looks: 40..<90) { _ in 0 }
        #expect(course.first == peak)
        #expect(Self.run(&model, &state, looks: 90..<140) { _ in 0 }.last == 1)
        #expect(Self.turns(course) == 0)
    }

    @Test(arguments: [0.05, 1, 7, 400])
    func aSteadyStreamGetsWhatItNeedsAndKeepsIt(rate: Double) {
        var model = Model(rate: rate)
        var state = Self.state()
        // As much as three and a half replicas do.
        let all = Self.run(&model, &state, looks: 0..<600) { _ in 3.5 * rate * 5 }
        let course = Array(all.suffix(300))
        #expect(Set(course).count == 1 && course[0] >= 4, "\(all)")
        #expect(course[0] <= 6, "\(all)")
        #expect(Self.turns(all) <= 2, "\(all)")
    }

    @Test func burstsThatComeAgainDoNotMakeItFlap() {
        var model = Model(rate: 10)
        var state = Self.state()
        // Every two minutes 1500 at once, for an hour and a half.
        let course = Self.run(&model, &state, looks: 0..<1080) { $0 % 24 == 0 ? 1500 : 0 }
        #expect(Self.turns(course.dropFirst(100).map { $0 }) == 0, "\(course)")
    }

    @Test func replicasThatWereNeverSeenBusyAreGivenUpOneByOne() {
        var model = Model(rate: 100)
        model.set(6)
        var state = Self.state()
        let course = Self.run(&model, &state, looks: 0..<420) { _ in 5 }
        #expect(course[..<60].allSatisfy { $0 == 6 }, "not before the window is over")
        #expect(course.last == 1, "\(course)")
        #expect(Self.turns(course) == 0)
        #expect(zip(course, course.dropFirst()).allSatisfy { $0 - $1 <= 1 })
    }

    @Test func nothingIsStoppedForAWindowAfterTheFiguresWereAway() {
        var model = Model(rate: 10)
        model.set(4)
        var state = Self.state()
        _ = Self.run(&model, &state, looks: 0..<10) { _ in 0 }
        for number in 10..<100 {
            let decision = state.hold(nil, .unknown("away"), at: Monotonic(nanoseconds: Int64(number) * 5_000_000_000))
            #expect(decision == ScaleDecision(.hold, 4, .unknown("away")))
        }
        #expect(Self.run(&model, &state, looks: 100..<159) { _ in 0 }.allSatisfy { $0 == 4 })
        #expect(Self.run(&model, &state, looks: 159..<190) { _ in 0 }.last == 1)
    }

    @Test func whatSomebodyElseStartedStaysForAWindow() {
        var model = Model(rate: 10)
        var state = Self.state()
        _ = Self.run(&model, &state, looks: 0..<100) { _ in 0 }
        model.set(6)
        #expect(Self.run(&model, &state, looks: 100..<160) { _ in 0 }.allSatisfy { $0 == 6 })
        #expect(Self.run(&model, &state, looks: 160..<200) { _ in 0 }.last == 1)
    }

    @Test func aPausedServiceIsLeftAlone() {
        var state = Self.state()
        var look = ScaleLook(replicas: 3, consuming: 0, backlog: 0, waiting: 0, inHand: 0, finished: 0)
        look.isPaused = true
        for number in 0..<200 {
            let now = Monotonic(nanoseconds: Int64(number) * 5_000_000_000)
            #expect(state.decide(look, at: now) == ScaleDecision(.hold, 3, .paused))
        }
    }

    @Test func longCommandsAreNotStoppedInTheMidst() {
        // One takes two hundred seconds; ten are in hand of ten, and nothing waits.
        var state = Self.state(1...10, target: 600)
        var look = ScaleLook(replicas: 10, consuming: 10, backlog: 10, waiting: 0, inHand: 10, finished: 0.05)
        for number in 0..<300 {
            let decision = state.decide(look, at: Monotonic(nanoseconds: Int64(number) * 5_000_000_000))
            #expect(decision.count == 10)
        }
        (look.backlog, look.inHand) = (2, 2)
        let later = Monotonic(nanoseconds: 1505 * 1_000_000_000)
        #expect(state.decide(look, at: later).count == 9, "two are busy; one fewer is tried")
    }
}

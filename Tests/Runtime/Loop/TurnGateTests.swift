import Contracts
import Glibc
import Testing

@testable import Runtime

/// Who may work beside whom in one process.
@Suite struct TurnGateTests {
    private let gate = TurnGate()

    @Test("Batches run beside each other, and nothing runs alone meanwhile")
    func together() {
        #expect(gate.enter(within: .zero))
        #expect(gate.enter(within: .zero))
        #expect(!gate.enterAlone(within: .zero))
        gate.leave()
        #expect(!gate.enterAlone(within: .zero))
        gate.leave()
        #expect(gate.enterAlone(within: .zero))
    }

    @Test("What runs alone keeps batches and others that want to be alone out until it is done")
    func alone() {
        #expect(gate.enterAlone(within: .zero))
        #expect(!gate.enter(within: .zero))
        #expect(!gate.enterAlone(within: .zero))
        gate.leaveAlone()
        #expect(gate.enter(within: .zero))
    }

    @Test("A command with a cap is run by one loop at a time, beside others")
    func capped() {
        #expect(gate.enter(capped: "a", within: .zero))
        #expect(!gate.enter(capped: "a", within: .zero))
        #expect(gate.enter(capped: "b", within: .zero))
        #expect(gate.enter(within: .zero))
        gate.leave(capped: "a")
        #expect(gate.enter(capped: "a", within: .zero))
    }

    @Test("Nothing new begins before one that waits to be alone; one that gave up waiting keeps nobody out")
    func waiting() {
        #expect(gate.enter(within: .zero))
        let waiting = Thread.start(name: "alone") { [gate] in
            #expect(gate.enterAlone(within: .seconds(60)))
            gate.leaveAlone()
        }
        // From the moment that it waits.
        while gate.enter(within: .zero) {
            gate.leave()
            sched_yield()
        }
        gate.leave()
        waiting.join()
        #expect(gate.enter(within: .zero))
        #expect(!gate.enterAlone(within: .milliseconds(1)))
        #expect(gate.enter(within: .zero))
    }

    @Test("The wish to be alone holds from one step of waiting to the next")
    func steps() {
        #expect(gate.enter(within: .zero))
        var steps = 0
        let isAlone = gate.enterAlone(within: .milliseconds(1)) {
            steps += 1
            #expect(!gate.enter(within: .zero), "another would be one more to wait for")
            if steps == 3 { gate.leave() }
            return steps < 100
        }
        #expect(isAlone && steps == 3)
        gate.leaveAlone()
        #expect(gate.enter(within: .zero))
    }

    @Test("Who waits is asked after each step whether to go on")
    func asked() {
        #expect(gate.enterAlone(within: .zero))
        var steps = 0
        let mayWork = gate.enter(within: .milliseconds(1)) {
            steps += 1
            return steps < 3
        }
        #expect(!mayWork && steps == 3)
    }

    @Test("Who waits begins as soon as it may")
    func wakes() {
        #expect(gate.enterAlone(within: .zero))
        let waiting = Thread.start(name: "batch") { [gate] in
            #expect(gate.enter(within: .seconds(60)))
            gate.leave()
        }
        gate.leaveAlone()
        waiting.join()
        #expect(gate.enterAlone(within: .seconds(60)))
    }
}

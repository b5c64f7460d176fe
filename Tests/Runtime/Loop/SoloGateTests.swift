import Contracts
import Glibc
import Testing

@testable import Runtime

/// Who may work beside whom in one process.
@Suite struct SoloGateTests {
    private let gate = SoloGate()

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

import Contracts
import Runtime
import Testing

@testable import CLI

/// What a replay decides: its pace, and what its canaries tell.
@Suite struct CLIReplayTests {
    @Test(arguments: [("500/s", 500), ("500", 500), ("1/s", 1)])
    func aRateIsRead(text: String, rate: Int) throws { #expect(try ReplayPace.rate(text) == rate) }

    @Test(arguments: ["", "0", "-1", "fast", "500/m", "1.5/s"])
    func whatIsNoRateIsRefused(text: String) {
        #expect(throws: Failure.self) { try ReplayPace.rate(text) }
    }

    @Test(arguments: [1, 7, 500, 1000, 100_000])
    func noSecondHasMoreThanItsRate(rate: Int) {
        let pace = ReplayPace(rate: rate)
        #expect(pace.batch >= 1 && pace.batch <= 200)
        // A batch leaves when all before it have had their time: after one second, at most the rate and one batch.
        var sent = 0
        while pace.due(after: sent) < .seconds(1) { sent += pace.batch }
        #expect(sent >= rate && sent < rate + pace.batch)
    }

    @Test func withoutARateNothingWaits() {
        #expect(ReplayPace(rate: nil).due(after: 1_000_000) == .zero)
    }

    struct Example: Sendable, CustomTestStringConvertible {
        let allowance: String
        let states: [JobState]
        let word: Canary.Word
        var testDescription: String { "\(allowance) \(states.map(\.rawValue)) \(word)" }
    }

    @Test(arguments: [
        Example(allowance: "0", states: [.succeeded, .succeeded], word: .go(failures: 0)),
        Example(allowance: "0", states: [.succeeded, .waiting], word: .wait(for: 1)),
        Example(allowance: "0", states: [.dead, .waiting], word: .stop(failures: 1)),
        Example(allowance: "1", states: [.dead, .waiting], word: .wait(for: 1)),
        Example(allowance: "1", states: [.dead, .refused, .waiting], word: .stop(failures: 2)),
        Example(allowance: "50%", states: [.failed, .cancelled, .succeeded, .succeeded], word: .go(failures: 2)),
        Example(
            allowance: "49.9%", states: [.failed, .cancelled, .succeeded, .succeeded], word: .stop(failures: 2)),
        Example(allowance: "0%", states: [.started, .parked, .waiting], word: .wait(for: 3)),
        Example(allowance: "100%", states: [.dead], word: .go(failures: 1)),
    ])
    func theCanariesTellWhetherTheOthersFollow(example: Example) throws {
        let canary = Canary(allowance: try Canary.Allowance(example.allowance))
        #expect(canary.judge(example.states) == example.word)
    }

    @Test(arguments: ["", "x", "-1", "101%", "1.5", "%"])
    func whatIsNoAllowanceIsRefused(text: String) {
        #expect(throws: Failure.self) { try Canary.Allowance(text) }
    }

    @Test(arguments: [
        ["order-17"], ["order-17", "--reason", "x", "--max-failures", "1"],
        ["order-17", "--reason", "x", "--canary", "none"],
        ["order-17", "--reason", "x", "--rate", "fast"],
    ])
    func aReplayNeedsAReasonAndReadableLimits(words: [String]) throws {
        let parsed = try Invocation(.deadReplay, words)
        let failure = #expect(throws: Failure.self) { try ReplayVerb(parsed, among: [.dead], handled: false) }
        #expect(failure?.code == .usage)
    }
}

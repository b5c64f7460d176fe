import AMQP
import Testing

@Suite("Backoff and reconnect")
struct BackoffTests {
    @Test(
        "doubles up to its limit",
        arguments: zip(0..<8, [100, 200, 400, 800, 1600, 3200, 5000, 5000]))
    func doubling(failures: Int, milliseconds: Int) {
        var high = Backoff()
        var low = Backoff()
        for _ in 0..<failures {
            _ = high.failed(random: 1)
            _ = low.failed(random: 0)
        }
        #expect(high.failed(random: 1) == .milliseconds(milliseconds))
        #expect(low.failed(random: 0) == .milliseconds(milliseconds) / 2)
    }

    @Test("stays at its limit for ever, and starts anew after a success")
    func limit() {
        var backoff = Backoff()
        for _ in 0..<1000 { #expect(backoff.failed(random: 1) <= .seconds(5)) }
        backoff.succeeded()
        #expect(backoff.failed(random: 1) == .milliseconds(100))
    }

    @Test("tries every host before it waits")
    func hosts() {
        var plan = ReconnectPlan(hosts: 3, start: 2)
        #expect(plan.host == 2)
        #expect(plan.failed(random: 1) == .zero)
        #expect(plan.host == 0)
        #expect(plan.failed(random: 1) == .zero)
        #expect(plan.host == 1)
        #expect(plan.failed(random: 1) == .milliseconds(100))
        #expect(plan.host == 2)
        for _ in 0..<2 { #expect(plan.failed(random: 1) == .zero) }
        #expect(plan.failed(random: 1) == .milliseconds(200))
    }

    @Test("backs off from a broker that accepts and hangs up, not from one that lasted")
    func lifetimes() {
        var plan = ReconnectPlan(hosts: 1)
        #expect(plan.ended(after: .milliseconds(1), random: 1) == .milliseconds(100))
        #expect(plan.ended(after: .milliseconds(1), random: 1) == .milliseconds(200))
        #expect(plan.ended(after: .seconds(60), random: 1) == .milliseconds(100))
    }
}

import AMQP
import Testing

@Suite("A queue's subscription")
struct SubscriptionTests {
    private func consuming() -> Subscription {
        var subscription = Subscription()
        #expect(subscription.step(now: .zero) == .open)
        subscription.started()
        return subscription
    }

    @Test("opens once and then consumes")
    func opening() {
        var subscription = Subscription()
        #expect(!subscription.isOpen)
        #expect(subscription.step(now: .zero) == .open)
        #expect(subscription.step(now: .zero) == nil)
        #expect(!subscription.isConsuming)
        subscription.started()
        #expect(subscription.isConsuming)
        #expect(subscription.step(now: .zero) == nil)
    }

    @Test("pauses by a cancel, keeps its channel, and resumes on it")
    func pausing() {
        var subscription = consuming()
        subscription.wanted = false
        #expect(subscription.step(now: .zero) == .cancel)
        #expect(subscription.step(now: .zero) == nil)
        #expect(!subscription.isQuiet)
        subscription.wanted = true
        #expect(subscription.step(now: .zero) == nil, "the cancel must be answered first")
        subscription.cancelled()
        #expect(subscription.isQuiet && subscription.isOpen)
        #expect(subscription.step(now: .zero) == .consume)
        subscription.started()
        #expect(subscription.isConsuming)
    }

    @Test("consumes again after the broker's cancel, with a backoff")
    func cancelledByBroker() {
        var subscription = consuming()
        subscription.cancelledByBroker(now: .seconds(1), random: 1)
        #expect(subscription.step(now: .seconds(1)) == nil)
        #expect(subscription.due == .milliseconds(1100))
        #expect(subscription.step(now: .milliseconds(1100)) == .consume)
    }

    @Test("opens its channel again after an error, each time later, at most 5 s")
    func channelErrors() throws {
        var subscription = Subscription()
        var now: Duration = .zero
        var waits: [Duration] = []
        for _ in 0..<9 {
            #expect(subscription.step(now: now) == .open)
            subscription.channelClosed(now: now, random: 1)
            let due = try #require(subscription.due)
            waits.append(due - now)
            now = due
        }
        #expect(waits == waits.sorted())
        #expect(waits.first == .milliseconds(100) && waits.last == .seconds(5))
    }

    @Test("begins at once on a new connection")
    func connectionLost() {
        var subscription = consuming()
        subscription.channelClosed(now: .seconds(10), random: 1)
        subscription.connectionLost()
        #expect(subscription.step(now: .zero) == .open)
    }

    @Test("stays silent while it is not wanted")
    func unwanted() {
        var subscription = Subscription()
        subscription.wanted = false
        #expect(subscription.step(now: .seconds(100)) == nil)
        #expect(subscription.due == nil)
        #expect(subscription.isQuiet)
    }

    @Test("is cancelled right after its start when it became unwanted meanwhile")
    func unwantedWhileStarting() {
        var subscription = Subscription()
        #expect(subscription.step(now: .zero) == .open)
        subscription.wanted = false
        #expect(subscription.step(now: .zero) == nil)
        subscription.started()
        #expect(subscription.step(now: .zero) == .cancel)
    }
}

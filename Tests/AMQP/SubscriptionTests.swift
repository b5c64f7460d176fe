import AMQP
import Testing

@Suite("A queue's subscription")
struct SubscriptionTests {
    private func consuming() -> Subscription {
        var subscription = Subscription()
        #expect(subscription.step(now: .zero) == .open)
        subscription.started(now: .zero)
        return subscription
    }

    @Test("opens once and then consumes")
    func opening() {
        var subscription = Subscription()
        #expect(!subscription.isOpen)
        #expect(subscription.step(now: .zero) == .open)
        #expect(subscription.step(now: .zero) == nil)
        #expect(!subscription.isConsuming)
        subscription.started(now: .zero)
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
        subscription.started(now: .zero)
        #expect(subscription.isConsuming)
    }

    @Test("gives its channel up after the broker's cancel, and opens another after a backoff")
    func cancelledByBroker() {
        var subscription = consuming()
        subscription.cancelledByBroker()
        #expect(subscription.isQuiet && subscription.isOpen && subscription.due == .zero)
        #expect(subscription.step(now: .seconds(1)) == .close)
        #expect(!subscription.isOpen && subscription.due == nil)
        #expect(subscription.step(now: .seconds(9)) == nil, "the close must be answered first")
        subscription.closed(now: .seconds(1), random: 1)
        #expect(subscription.step(now: .seconds(1)) == nil)
        #expect(subscription.due == .milliseconds(1600), "100 ms of backoff, and time for the queue to go")
        #expect(subscription.step(now: .milliseconds(1600)) == .open)
    }

    @Test("opens three more channels, each later, when the consumer after a broker's cancel gets nothing")
    func doubtful() {
        var subscription = consuming()
        subscription.cancelledByBroker()
        _ = subscription.step(now: .zero)
        subscription.closed(now: .zero, random: 1)
        var now = Duration.seconds(1)
        for wait in [1, 2, 4] {
            #expect(subscription.step(now: now) == .open)
            subscription.started(now: now)
            #expect(subscription.due == now + .seconds(wait))
            var lively = subscription
            lively.delivered()
            now += .seconds(wait)
            #expect(lively.step(now: now) == nil && lively.due == now + .seconds(60))
            #expect(subscription.step(now: now) == .close)
            subscription.closed(now: now, random: 1)
            #expect(subscription.due == now + .milliseconds(100))
            now += .milliseconds(100)
        }
        #expect(subscription.step(now: now) == .open)
        subscription.started(now: now)
        #expect(subscription.due == now + .seconds(60), "by now the old queue is long gone")
    }

    @Test("opens another channel after an idle minute, and never while something is in hand")
    func idle() {
        var subscription = consuming()
        #expect(subscription.step(now: .seconds(59)) == nil)
        var busy = subscription
        #expect(busy.step(now: .seconds(60), isIdle: false) == nil)
        #expect(busy.due == .seconds(120))
        var lively = subscription
        lively.delivered()
        #expect(lively.step(now: .seconds(60)) == nil)
        #expect(lively.due == .seconds(120))
        #expect(lively.step(now: .seconds(120)) == .close, "nothing came since")
        #expect(subscription.step(now: .seconds(60)) == .close)
        subscription.closed(now: .seconds(60), random: 0)
        #expect(subscription.step(now: .seconds(61)) == .open)
    }

    @Test("opens another channel when both sides close the old one")
    func closedByBoth() {
        var subscription = consuming()
        subscription.cancelledByBroker()
        #expect(subscription.step(now: .zero) == .close)
        subscription.channelClosed(now: .zero, random: 1)
        subscription.closed(now: .zero, random: 1)
        #expect(subscription.due == .milliseconds(100))
    }

    @Test("closes a channel once, whatever the broker says meanwhile")
    func cancelledWhileClosing() {
        var subscription = consuming()
        subscription.cancelledByBroker()
        #expect(subscription.step(now: .zero) == .close)
        subscription.cancelledByBroker()
        #expect(subscription.step(now: .seconds(1)) == nil)
        subscription.channelClosed(now: .zero, random: 1)
        subscription.cancelledByBroker()
        #expect(subscription.step(now: .seconds(1)) == .open)
    }

    @Test("keeps the channel of a deleted queue while it is not wanted")
    func cancelledWhilePaused() {
        var subscription = consuming()
        subscription.wanted = false
        #expect(subscription.step(now: .zero) == .cancel)
        subscription.cancelledByBroker()
        subscription.cancelled()
        #expect(subscription.step(now: .zero) == nil && subscription.isQuiet)
        subscription.wanted = true
        #expect(subscription.step(now: .zero) == .close)
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
        subscription.started(now: .zero)
        #expect(subscription.step(now: .zero) == .cancel)
    }
}

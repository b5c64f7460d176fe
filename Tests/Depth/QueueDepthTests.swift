import Contracts
import Depth
import Testing

/// What follows from the figures of one queue.
struct QueueDepthTests {
    @Test(
        arguments: [
            (QueueDepth(command: "lease-ip", ready: 0, unacked: 0, finishedPerSecond: 0), 0, .zero),
            (QueueDepth(command: "lease-ip", ready: 90, unacked: 10, finishedPerSecond: 20), 100, .seconds(5)),
            (QueueDepth(command: "lease-ip", ready: 90, finishedPerSecond: 0), 90, nil),
            (QueueDepth(command: "lease-ip"), 0, .zero),
            (QueueDepth(command: "init-server", ready: 3, queued: 2, running: 4, finishedPerSecond: 1), 7, .seconds(7)),
            (QueueDepth(command: "init-server", ready: 0, queued: 2, finishedPerSecond: 1), 2, .seconds(2)),
        ] as [(QueueDepth, Int, Duration?)])
    func itDrainsAtTheRateOfTheLastMinuteOrNever(queue: QueueDepth, backlog: Int, drain: Duration?) {
        #expect(queue.backlog == backlog)
        #expect(queue.timeToDrain == drain)
    }

    @Test func lookingTakesATwentiethOfTheTimeAtMost() {
        #expect(DepthReader.rest(after: .milliseconds(40), wish: .seconds(5)) == .seconds(5))
        #expect(DepthReader.rest(after: .seconds(1), wish: .seconds(5)) == .seconds(19))
        #expect(DepthReader.rest(after: .seconds(20), wish: .seconds(5)) == .seconds(60), "but a minute is enough")
    }
}

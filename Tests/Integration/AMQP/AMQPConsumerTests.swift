import AMQP
import TestSupport
import Testing

@Suite("A consumer", .broker)
struct AMQPConsumerTests {
    private func withConsumer(
        _ queues: [String], prefetch: Int = 100, bodyLimit: Int = .max, uri: AMQPURI? = nil,
        _ body: (Consumer, ConnectionLog) throws -> Void
    ) throws {
        let log = ConnectionLog()
        let consumer = Consumer(
            uri: try uri ?? brokerURI(), name: "ruche-tests", queues: queues, prefetch: prefetch, bodyLimit: bodyLimit,
            onEvent: log.add)
        consumer.start()
        defer { consumer.close(within: .seconds(2)) }
        try body(consumer, log)
    }

    @Test("hands out batches in order and settles them", arguments: ["classic", "quorum"])
    func batches(kind: String) throws {
        try withQueue(arguments: ["x-queue-type": .string(kind)]) { connection, queue in
            try connection.fill(queue, with: (0..<250).map { [UInt8($0)] })
            try withConsumer([queue]) { consumer, _ in
                #expect(consumer.drain(250).map { $0.body[0] } == (0..<250).map { UInt8($0) })
                #expect(consumer.hasNothing(for: .zero))
                consumer.close(within: .seconds(5))
                #expect(consumer.status.held == 0)
            }
            #expect(try connection.ready(queue, 0) == 0)
        }
    }

    @Test("settles one by one as told, also in halves")
    func settlements() throws {
        try withQueue(arguments: ["x-queue-type": "quorum"]) { connection, queue in
            try connection.fill(queue, with: (0..<6).map { [UInt8($0)] })
            try withConsumer([queue]) { consumer, log in
                log.waitConsuming()
                var seen: [UInt8] = []
                while seen.count < 6, let batch = consumer.take(upTo: 6, waitingUpTo: .seconds(10)) {
                    seen += batch.all.map { $0.body[0] }
                    let parts = batch.partition { $0.body[0] % 2 == 1 }
                    let choice: [Settlement] = parts.second.all.map { $0.body[0] == 3 ? .requeue : .discard }
                    parts.second.settle(choice)
                    parts.first.acknowledge()
                }
                let again = consumer.drain(1)
                #expect(again.map { $0.body[0] } == [3])
                #expect(again.first?.deliveryCount == 1)
            }
            #expect(try connection.ready(queue, 0) == 0)
        }
    }

    @Test("requeues a batch that was dropped unsettled, and says so")
    func dropped() throws {
        try withQueue { connection, queue in
            try connection.fill(queue, with: [[1]])
            try withConsumer([queue]) { consumer, log in
                do { _ = consumer.take(upTo: 10, waitingUpTo: .seconds(10)) }
                log.wait(for: "an unsettled batch") { if case .unsettledBatch(1) = $0 { true } else { false } }
                #expect(consumer.drain(1).first?.isRedelivered == true)
            }
        }
    }

    @Test("serves the queue whose head is oldest")
    func order() throws {
        try withQueue { connection, first in
            try withQueue { other, second in
                try withConsumer([second, first], prefetch: 10) { consumer, log in
                    log.waitConsuming(2)
                    var got: [UInt8] = []
                    for (index, queue) in [first, second, first, second].enumerated() {
                        try other.fill(queue, with: [[UInt8(index)]])
                        try eventually("it has come") { consumer.status.waiting == index + 1 }
                    }
                    for _ in 0..<4 {
                        guard let batch = consumer.take(upTo: 1, waitingUpTo: .seconds(5)) else { continue }
                        got.append(batch[0].body[0])
                        batch.acknowledge()
                    }
                    #expect(got == [0, 1, 2, 3])
                }
            }
            _ = connection
        }
    }

    @Test("keeps the beginning of a body that is longer than its limit, and what comes after it whole")
    func cutBodies() throws {
        try withQueue { connection, queue in
            // One frame, and many: a frame holds 128 KiB.
            let sizes = [0, 999, 1000, 1001, 131_072, 1_000_000]
            for limit in [1000, 200_000] {
                try connection.fill(queue, with: sizes.map { size in (0..<size).map { UInt8(truncatingIfNeeded: $0) } })
                try withConsumer([queue], bodyLimit: limit) { consumer, _ in
                    let taken = consumer.drain(sizes.count)
                    #expect(taken.map(\.bodySize) == sizes)
                    for delivery in taken {
                        let kept = min(delivery.bodySize, limit)
                        #expect(delivery.body == (0..<kept).map { UInt8(truncatingIfNeeded: $0) })
                    }
                }
            }
        }
    }

    @Test("never holds more than its prefetch a queue")
    func prefetch() throws {
        try withQueue { connection, queue in
            try connection.fill(queue, with: (0..<20).map { [UInt8($0)] })
            try withConsumer([queue], prefetch: 5) { consumer, _ in
                try eventually("5 have come") { consumer.status.waiting == 5 }
                let ready = try connection.ready(queue, 15)
                #expect(ready == 15)
                #expect(consumer.status.held == 5)
                #expect(consumer.drain(20).count == 20)
            }
        }
    }

    @Test("pauses and resumes, keeping what has come")
    func pause() throws {
        try withQueue { connection, queue in
            try connection.fill(queue, with: [[1], [2]])
            try withConsumer([queue]) { consumer, log in
                log.waitConsuming()
                try eventually("2 have come") { consumer.status.waiting == 2 }
                consumer.pause()
                try eventually("the consumer is cancelled") { consumer.status.consuming.isEmpty }
                try connection.fill(queue, with: [[3]])
                #expect(consumer.drain(2).map(\.body) == [[1], [2]])
                #expect(try connection.ready(queue, 1) == 1)
                consumer.resume(queue: queue)
                #expect(consumer.drain(1).map(\.body) == [[3]])
            }
        }
    }

    @Test("hands back what was not taken")
    func returnUndelivered() throws {
        try withQueue { connection, queue in
            try connection.fill(queue, with: [[1], [2], [3]])
            try withConsumer([queue]) { consumer, _ in
                try eventually("3 have come") { consumer.status.waiting == 3 }
                let batch = try consumer.batch(upTo: 1)
                consumer.pause()
                try eventually("the consumer is cancelled") { consumer.status.consuming.isEmpty }
                consumer.returnUndelivered()
                #expect(try connection.ready(queue, 2) == 2)
                #expect(consumer.status.held == 1 && consumer.status.waiting == 0)
                batch.acknowledge()
            }
            #expect(try connection.ready(queue, 2) == 2)
        }
    }

    @Test("requeues at its close what was neither taken nor settled")
    func close() throws {
        try withQueue { connection, queue in
            try connection.fill(queue, with: [[1], [2], [3]])
            try withConsumer([queue]) { consumer, _ in
                try eventually("3 have come") { consumer.status.waiting == 3 }
                let batch = try consumer.batch(upTo: 1)
                consumer.close(within: .milliseconds(200))
                #expect(try connection.ready(queue, 3) == 3)
                batch.acknowledge()
                #expect(consumer.status.staleSettlements == 1)
                #expect(consumer.hasNothing(for: .seconds(60)))
            }
        }
    }

    @Test("hands each delivery to one of the threads that take")
    func takers() throws {
        try withQueue { connection, queue in
            try connection.fill(queue, with: (0..<250).map { [UInt8($0)] })
            try withConsumer([queue]) { consumer, _ in
                let seen = SharedBox<[UInt8]>([])
                let takers = (1...3).map { _ in
                    TestThread {
                        while seen.withLock({ $0.count }) < 250 {
                            guard let batch = consumer.take(upTo: 7, waitingUpTo: .seconds(60)) else { continue }
                            let bodies = batch.all.map { $0.body[0] }
                            batch.acknowledge()
                            let isLast = seen.withLock { seen in
                                seen += bodies
                                return seen.count == 250
                            }
                            if isLast { consumer.wake() }
                        }
                        // One that was on its way to wait when the last came.
                        consumer.wake()
                    }
                }
                takers.forEach { $0.join() }
                #expect(seen.withLock { $0 }.sorted() == (0..<250).map { UInt8($0) })
            }
        }
    }

    @Test("wakes a waiting take")
    func wake() throws {
        try withQueue { _, queue in
            try withConsumer([queue]) { consumer, _ in
                consumer.wake()
                #expect(consumer.hasNothing(for: .seconds(60)))
            }
        }
    }

    @Test("does not disturb the others when a queue is missing, and finds it once it is there")
    func missingQueue() throws {
        try withQueue { connection, queue in
            let late = uniqueName("late")
            try connection.fill(queue, with: [[1]])
            try withConsumer([late, queue]) { consumer, log in
                let batch = try consumer.batch(upTo: 1)
                log.wait(for: "a refused consumer", times: 2) {
                    if case .channelClosed(late, let error) = $0 { error.replyCode == 404 } else { false }
                }
                #expect(consumer.status.consuming == [queue])
                batch.acknowledge()
                try connection.declareQueue(late)
                defer { _ = try? connection.deleteQueue(late) }
                try connection.fill(late, with: [[2]])
                #expect(consumer.drain(1).map(\.body) == [[2]])
                #expect(consumer.status.staleSettlements == 0 && consumer.status.reconnects == 0)
            }
            #expect(try connection.ready(queue, 0) == 0)
        }
    }

    @Test("consumes again after its queue was deleted and declared anew")
    func deletedQueue() throws {
        try withQueue { connection, queue in
            try withConsumer([queue]) { consumer, log in
                log.waitConsuming()
                try connection.deleteQueue(queue)
                log.wait(for: "a cancel by the broker") {
                    if case .consumerCancelled(queue) = $0 { true } else { false }
                }
                try connection.declareQueue(queue)
                try connection.fill(queue, with: [[1]])
                #expect(consumer.drain(1).map(\.body) == [[1]])
            }
        }
    }

    @Test("reconnects, drops the settlements of the old connection, and gets the deliveries again")
    func reconnect() throws {
        try withQueue { connection, queue in
            let proxy = try TCPProxy(try brokerURI())
            defer { proxy.close() }
            try connection.fill(queue, with: [[1], [2]])
            try withConsumer([queue], uri: proxy.uri) { consumer, log in
                try eventually("2 have come") { consumer.status.waiting == 2 }
                let batch = try consumer.batch(upTo: 1)
                proxy.cut()
                log.waitDisconnected()
                log.waitConsuming(2)
                batch.acknowledge()
                log.wait(for: "a stale settlement") { if case .staleSettlements(1) = $0 { true } else { false } }
                let again = consumer.drain(2)
                #expect(again.map(\.body) == [[1], [2]] && again.allSatisfy(\.isRedelivered))
                let status = consumer.status
                #expect(status.reconnects == 1 && status.epoch == 2 && status.staleSettlements == 1)
            }
            #expect(try connection.ready(queue, 0) == 0)
        }
    }

    @Test("notices by heartbeat that the peer is dead")
    func halfOpen() throws {
        try withQueue { connection, queue in
            let proxy = try TCPProxy(try brokerURI("heartbeat=1"))
            defer { proxy.close() }
            try withConsumer([queue], uri: proxy.uri) { consumer, log in
                log.waitConsuming()
                proxy.inflict(.frozen)
                log.waitDisconnected()
                proxy.cut()
                proxy.heal()
                try connection.fill(queue, with: [[1]])
                #expect(consumer.drain(1).count == 1)
            }
        }
    }

    @Test("keeps an idle connection alive by heartbeats")
    func heartbeats() throws {
        try withQueue { connection, queue in
            try withConsumer([queue], uri: try brokerURI("heartbeat=1")) { consumer, log in
                log.waitConsuming()
                // Longer than the broker's patience of two to three heartbeats.
                #expect(consumer.hasNothing(for: .seconds(4)))
                #expect(consumer.status.reconnects == 0)
                let silence = try #require(consumer.status.silence)
                #expect(silence < .seconds(2))
                try connection.fill(queue, with: [[1]])
                #expect(consumer.drain(1).count == 1)
            }
        }
    }

    @Test("goes on trying while nobody answers, and closes in time all the same")
    func unreachable() throws {
        var uri = try brokerURI()
        uri.hosts = [AMQPURI.Host(name: "127.0.0.1", port: 1)]
        try withConsumer(["q"], uri: uri) { consumer, log in
            log.waitDisconnected(3)
            #expect(!consumer.status.connected)
            let start = ContinuousClock.now
            consumer.close(within: .seconds(10))
            #expect(ContinuousClock.now - start < .seconds(2))
        }
    }
}

import AMQP
import Contracts
import Foundation
import Runtime
import TestSupport

/// Publishes at an even pace and receives the events beside it.
struct Pacing {
    private let uri: AMQPURI
    private let events: EventQueue

    init(_ cluster: Cluster, _ events: EventQueue) throws {
        uri = try AMQPURI(parsing: cluster.environment["AMQP_URL"]!)
        self.events = events
    }

    /// Publishes `count` commands, `pace` a second. Returns what each took, in milliseconds, in their order.
    func run(_ pace: Int, _ count: Int) throws -> [Double] {
        let publisher = Publisher(uri: uri, name: "bench pace")
        let consumer = Consumer(uri: uri, name: "bench events", queues: [events.name], prefetch: 1000)
        publisher.start()
        consumer.start()
        defer {
            publisher.close(within: .seconds(5))
            consumer.close(within: .seconds(5))
        }
        try eventually("the bench consumes") {
            consumer.status.consuming == [events.name] && publisher.status.connected
        }
        let arrivals = SharedBox([Monotonic?](repeating: nil, count: count))
        let receiving = TestThread { Self.receive(consumer, into: arrivals, count) }
        let departures = publish(publisher, pace, count)
        receiving.join()
        return try arrivals.withLock { arrivals in
            try zip(departures, arrivals).map { departure, arrival in
                guard let arrival else { throw TestFailure("an event did not come") }
                return (arrival - departure).seconds * 1000
            }
        }
    }

    private func publish(_ publisher: Publisher, _ pace: Int, _ count: Int) -> [Monotonic] {
        var generator = UniqueID.Generator()
        var departures: [Monotonic] = []
        departures.reserveCapacity(count)
        let begin = Monotonic.now
        for number in 0..<count {
            let due = begin + .nanoseconds(Int64(number) * 1_000_000_000 / Int64(pace))
            let rest = due - .now
            if rest > .zero { usleep(UInt32(rest.nanoseconds / 1000)) }
            let message = Filling.message(
                LeaseIP.name, id: "\(generator.next())", body: DrainWorkload.lease.body(number),
                correlationID: String(number))
            departures.append(.now)
            publisher.publish([message])
            if number & 255 == 0 { _ = publisher.drainReports() }
        }
        return departures
    }

    /// Notes the first event of each command, until all have come or none comes for a while.
    private static func receive(_ consumer: Consumer, into arrivals: SharedBox<[Monotonic?]>, _ count: Int) {
        var missing = count
        var heard = Monotonic.now
        while missing > 0, Monotonic.now - heard < .seconds(20) {
            guard let deliveries = consumer.take(upTo: 500, waitingUpTo: .seconds(1)) else { continue }
            heard = .now
            for delivery in deliveries.all {
                guard let event = try? CompletionEvent(parsing: delivery.body),
                    let number = event.correlationID.flatMap(Int.init), (0..<count).contains(number)
                else { continue }
                let isFirst = arrivals.withLock { arrivals in
                    guard arrivals[number] == nil else { return false }
                    arrivals[number] = heard
                    return true
                }
                if isFirst { missing -= 1 }
            }
            deliveries.acknowledge()
        }
    }
}

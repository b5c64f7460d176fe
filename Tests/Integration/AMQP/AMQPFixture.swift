import AMQP
import Foundation
import Synchronization
import TestSupport
import Testing

/// The broker of this run.
func brokerURI(_ parameters: String = "") throws -> AMQPURI {
    let text = try TestServers.requireAMQPURL()
    return try AMQPURI(parsing: text + (parameters.isEmpty ? "" : (text.contains("?") ? "&" : "?") + parameters))
}

/// A name that no other test uses.
func uniqueName(_ purpose: String = "queue") -> String { "test.amqp.\(purpose).\(UUID().uuidString.lowercased())" }

/// A connection and a queue of its own, deleted afterwards.
func withQueue(
    arguments: Headers = Headers(), _ body: (Connection, String) throws -> Void
) throws {
    let connection = try Connection.open(try brokerURI(), name: "ruche-tests")
    defer { connection.close() }
    let queue = try connection.declareQueue(uniqueName(), durable: true, arguments: arguments).name
    defer { _ = try? connection.deleteQueue(queue) }
    try body(connection, queue)
}

extension Connection {
    /// Publishes to a queue and waits for the confirms.
    func fill(_ queue: String, with bodies: [[UInt8]]) throws {
        for body in bodies { try publish(OutgoingMessage(exchange: "", routingKey: queue, body: body)) }
        let reports = try waitForConfirms(within: .seconds(20))
        #expect(reports.count == bodies.count && reports.allSatisfy { $0.outcome == .confirmed })
    }

    /// The ready messages of a queue once they are `expected`, or what they are after a while: the broker counts late.
    func ready(_ queue: String, _ expected: Int) throws -> Int? {
        for _ in 0..<200 {
            if try inspectQueue(queue)?.messages == expected { return expected }
            _ = try receive(within: .milliseconds(20))
        }
        return try inspectQueue(queue)?.messages
    }
}

/// Collects events; a test waits for the one it needs.
final class ConnectionLog: Sendable {
    private let condition = NSCondition()
    private let events = Mutex<[AMQPEvent]>([])

    @Sendable func add(_ event: AMQPEvent) {
        condition.withLock {
            events.withLock { $0.append(event) }
            condition.broadcast()
        }
    }

    var all: [AMQPEvent] { events.withLock { $0 } }

    func count(_ matches: (AMQPEvent) -> Bool) -> Int { all.filter(matches).count }

    /// Waits until `number` events match.
    func wait(for what: Comment, times number: Int = 1, _ matches: (AMQPEvent) -> Bool) {
        let deadline = Date(timeIntervalSinceNow: 20)
        condition.withLock {
            while count(matches) < number {
                guard condition.wait(until: deadline) else {
                    Issue.record("\(what) did not happen: \(all)")
                    return
                }
            }
        }
    }

    func waitConsuming(_ number: Int = 1) {
        wait(for: "consuming", times: number) { if case .consuming = $0 { true } else { false } }
    }

    func waitDisconnected(_ number: Int = 1) {
        wait(for: "disconnected", times: number) { if case .disconnected = $0 { true } else { false } }
    }

    func waitConnected(_ number: Int = 1) {
        wait(for: "connected", times: number) { if case .connected = $0 { true } else { false } }
    }
}

extension Consumer {
    /// The next batch.
    func batch(upTo limit: Int) throws -> Deliveries {
        guard let batch = take(upTo: limit, waitingUpTo: .seconds(20)) else {
            throw TestFailure("no delivery came")
        }
        return batch
    }

    /// Whether nothing can be taken for so long.
    func hasNothing(for duration: Duration) -> Bool {
        guard let batch = take(upTo: 1, waitingUpTo: duration) else { return true }
        batch.requeue()
        return false
    }

    /// Takes until `count` deliveries came, acknowledging each batch.
    func drain(_ count: Int) -> [Delivery] {
        var all: [Delivery] = []
        let deadline = ContinuousClock.now + .seconds(20)
        while all.count < count, ContinuousClock.now < deadline {
            guard let batch = take(upTo: count - all.count, waitingUpTo: .seconds(2)) else { continue }
            all += batch.all
            batch.acknowledge()
        }
        return all
    }
}

extension Publisher {
    /// Waits for as many reports.
    func reports(_ count: Int) -> [PublishReport] {
        var all: [PublishReport] = []
        let deadline = ContinuousClock.now + .seconds(20)
        while all.count < count, ContinuousClock.now < deadline { all += waitForReports(upTo: .seconds(2)) }
        return all
    }
}

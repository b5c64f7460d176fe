import AMQP
package import Contracts

/// Every event of a cluster from the moment this is made, received by a queue of its own.
package final class EventLog {
    private let connection: AMQP.Connection
    /// All events in the order they came, repeats included.
    package private(set) var events: [CompletionEvent] = []
    /// The outcome of each command, by message id.
    package private(set) var outcomes: [String: CompletionEvent] = [:]

    /// Subscribes; what is published from now on is not missed.
    ///
    /// - Parameter isPatient: whether minutes may pass between two calls. The broker hangs up otherwise, for nobody
    ///   answers its heartbeats meanwhile.
    package init(_ cluster: Cluster, binding: String = "#", isPatient: Bool = false) throws {
        connection = try cluster.broker("event log", heartbeat: isPatient ? .zero : nil)
        let queue = try connection.declareQueue("", durable: false, exclusive: true, autoDelete: true, arguments: [:])
        try connection.bind(queue: queue.name, exchange: Topology.eventExchange, routingKey: binding)
        _ = try connection.consume(queue.name, prefetch: 1000, noAck: true, exclusive: true)
    }

    deinit { connection.close() }

    /// Receives until `enough` holds.
    package func receive(within seconds: Int = 60, until enough: (EventLog) -> Bool) throws {
        while !enough(self) {
            guard let delivery = try connection.receive(within: .seconds(seconds)) else {
                throw TestFailure("no further event within \(seconds) s; \(events.count) so far, \(summary)")
            }
            let event = try CompletionEvent(parsing: delivery.body)
            events.append(event)
            if event.kind.isFinal, outcomes[event.subject] == nil { outcomes[event.subject] = event }
        }
    }

    /// Receives until the command with this message id has its outcome.
    @discardableResult
    package func outcome(of id: String, within seconds: Int = 60) throws -> CompletionEvent {
        try receive(within: seconds) { $0.outcomes[id] != nil }
        return outcomes[id]!
    }

    /// How many distinct commands ended how.
    package var summary: [EventKind: Int] {
        Dictionary(outcomes.values.map { ($0.kind, 1) }, uniquingKeysWith: +)
    }
}
